// What Nextcloud asks of an app, as far as the files tell; the schema of info.xml is resources/app-info.xsd there.
import { describe, expect, it } from '@jest/globals';
import { APPS, appFiles, appText, infoOf } from './app-sources.ts';

const APP_ID = /^[a-z]+[a-z0-9_]*[a-z0-9]+$/;
/** Required elements, in the order that the schema asks for. */
const ELEMENTS = ['id', 'name', 'summary', 'description', 'version', 'licence', 'author', 'category', 'bugs'];
const GATEWAY_NAMESPACE = /OCA\\[A-Za-z]+\\Gateway|OCA\\VoiceAssist[A-Za-z]*/g;

describe.each(APPS)('%s', (app) => {
  it('X-ops4: has an id that Nextcloud accepts, which is the name of its folder', () => {
    expect(app).toMatch(APP_ID);
    expect(infoOf(app, 'id')).toBe(app);
  });

  it('X-ops4: has an info.xml with all that the schema requires, in its order, for Nextcloud 27 to 32', () => {
    const info = appText(`${app}/appinfo/info.xml`);
    const places = ELEMENTS.map((element) => info.indexOf(`<${element}>`));
    expect(places.every((place) => place > 0)).toBe(true);
    expect([...places].sort((a, b) => a - b)).toEqual(places);
    expect(info).toContain('<nextcloud min-version="27" max-version="32"/>');
    expect([infoOf(app, 'licence'), infoOf(app, 'route')]).toEqual(['agpl', `${app}.page.index`]);
    expect(infoOf(app, 'version')).toMatch(/^\d+\.\d+\.\d+$/);
    expect(infoOf(app, 'name')?.length).toBeLessThanOrEqual(128);
    expect(infoOf(app, 'summary')?.length).toBeLessThanOrEqual(128);
  });

  it('Q3: has a controller method for each route, and a route for each controller method', () => {
    const routes = [...appText(`${app}/appinfo/routes.php`).matchAll(/'name' => '(\w+)#(\w+)'/g)];
    const methods = appFiles(`${app}/lib/Controller`).flatMap((path) => {
      const controller = /(\w+)Controller\.php$/.exec(path)?.[1]?.toLowerCase() ?? '';
      return [...appText(path).matchAll(/public function (\w+)/g)].map(([, method]) => `${controller}#${method}`);
    });
    expect(routes.map(([, controller, method]) => `${controller}#${method}`).sort()).toEqual(methods.sort());
  });

  it('X-ops4: lets ordinary users into everything, or (the admin app) into nothing', () => {
    for (const path of appFiles(`${app}/lib/Controller`)) {
      const text = appText(path);
      const methods = [...text.matchAll(/public function/g)].length;
      const open = [...text.matchAll(/^\t#\[NoAdminRequired\]$/gm)].length;
      expect([path, open]).toEqual([path, app === 'voiceassist_admin' ? 0 : methods]);
    }
  });

  it('Q3: asks for the request token everywhere but at its page, and opens nothing to strangers', () => {
    for (const path of appFiles(`${app}/lib`)) {
      const text = appText(path);
      expect([path, text.includes('#[NoCSRFRequired]')]).toEqual([path, path.endsWith('/PageController.php')]);
      expect(text).not.toMatch(/PublicPage|@NoCSRFRequired|@NoAdminRequired|CORS/);
    }
  });

  it('Q3: has every element that its scripts look for, and loads every script it has', () => {
    const scripts = appFiles(`${app}/js`).map(appText);
    const connects = appFiles(`${app}/lib`).some((path) => path.endsWith('ConnectionController.php'));
    const shared = connects ? ['gateway', 'connection'] : ['gateway'];
    const texts = [...scripts, ...shared.map((name) => appText(`gateway/js/${name}.js`))];
    const page = appText(`${app}/templates/main.php`) + (connects ? appText('gateway/templates/connection.php') : '');
    const wanted = texts.flatMap((text) => [...text.matchAll(/getElementById\('([^']+)'\)/g)].map(([, id]) => id));
    expect(wanted.filter((id) => !page.includes(`id="${id}"`))).toEqual([]);

    const loaded = /page\(\[([^\]]+)\]\)/.exec(appText(`${app}/lib/Controller/PageController.php`))?.[1] ?? '';
    const own = appFiles(`${app}/js`).map((path) => path.replace(/^.*\/(.+)\.js$/, '$1'));
    expect([...loaded.matchAll(/'(\w+)'/g)].map(([, name]) => name).sort()).toEqual([...shared, ...own].sort());
  });

  it('Q3: puts what it shows into the page escaped, and holds no script in it', () => {
    const page = appText(`${app}/templates/main.php`) + appText('gateway/templates/connection.php');
    expect(page).not.toMatch(/<script|\son[a-z]+=|<\?=|\becho\b|print_unescaped\((?!\$this->inc\('connection'\)\))/);
  });
});

describe('the sources of the Nextcloud apps', () => {
  it('X-ops4: are no copies: what the apps have in common is the gateway', () => {
    const bodies = new Map<string, string>();
    const copies: string[][] = [];
    for (const path of APPS.flatMap((app) => appFiles(app)).filter((name) => /\.(php|js|css)$/.test(name))) {
      const text = appText(path)
        .replace(GATEWAY_NAMESPACE, '')
        .replace(/voiceassist_(client|admin|docs)/g, '');
      const lines = text.split('\n').filter((line) => line.trim() !== '').length;
      const other = bodies.get(text);
      // The framework wants an Application and controllers in each app: a few lines that name the gateway.
      if (other !== undefined && lines > 25) copies.push([other, path]);
      bodies.set(text, path);
    }
    expect(copies).toEqual([]);
  });

  it('Q3: are under the AGPL, and say so', () => {
    const sources = appFiles('.').filter((path) => /\.(php|js|css|sh)$/.test(path));
    expect(sources.length).toBeGreaterThan(20);
    expect(sources.filter((path) => !appText(path).includes('SPDX-License-Identifier: AGPL-3.0-or-later'))).toEqual([]);
    expect(appText('LICENSE')).toContain('GNU AFFERO GENERAL PUBLIC LICENSE');
  });
});
