import { findSabreException } from '../../dav/sabre-exception.ts';
import { fault, ok, skipped, warning, type Check, type Finding } from '../check.types.ts';
import type { ProbeAnswer } from '../protocol/doctor-probe.ts';
import type { ServerSnapshot } from '../server-snapshot.ts';

const DAV_PATH = '/remote.php/dav/';
/** No app password: it is too short. A wrong Bearer token is never counted as a failed login. */
const NO_TOKEN = 'voiceassist-doctor';
/** What sabre/dav, which is not translated, says of a request without a Bearer token. */
const NO_BEARER_SEEN = "No 'Authorization: Bearer' header found";

const davPath: Check<ServerSnapshot> = {
  id: 'dav-path',
  title: 'WebDAV answers, and the proxy lets its methods through',
  needs: ['maintenance', 'database-upgrade'],
  run: async (snapshot) => {
    const answer = await snapshot.probe.ask({ method: 'PROPFIND', path: DAV_PATH, headers: { depth: '0' } });
    if (isSabre(answer)) return ok();
    if (answer.status === 405 || answer.status === 501 || answer.status === 403) return methodRefused(snapshot, answer);
    return wrongPath(answer);
  },
};

const authorizationHeader: Check<ServerSnapshot> = {
  id: 'authorization-header',
  title: 'The Authorization header reaches Nextcloud',
  needs: ['dav-path'],
  run: async (snapshot) => {
    const login = { loginName: '', secret: NO_TOKEN, scheme: 'bearer' } as const;
    const answer = await snapshot.probe.ask({ method: 'PROPFIND', path: DAV_PATH, headers: { depth: '0' }, login });
    const message = findSabreException(answer.bodyText)?.message;
    if (answer.status !== 401 || message === undefined) return skipped('WebDAV did not say what it saw.');
    if (!message.includes(NO_BEARER_SEEN)) return ok();
    return fault({
      cause: 'Nextcloud does not get to see the Authorization header: every login by an app password fails.',
      fix: 'The proxy or PHP takes it out. Apache with PHP-FPM or CGI: SetEnvIf Authorization "(.*)" HTTP_AUTHORIZATION=$1, or CGIPassAuth On. nginx: proxy_set_header Authorization $http_authorization. A proxy with a login of its own must not use this header.',
    });
  },
};

const wellKnown: Check<ServerSnapshot> = {
  id: 'well-known',
  title: 'Calendar and contact programs find Nextcloud',
  needs: ['maintenance', 'database-upgrade'],
  run: async (snapshot) => {
    const { status, location } = await snapshot.probe.ask({
      path: new URL('/.well-known/caldav', snapshot.probe.baseUrl).href,
    });
    const isRedirect = status >= 300 && status < 400;
    if (isRedirect && /\/remote\.php\/dav\/?$/.test(location?.pathname ?? '')) return ok();
    return warning({
      cause:
        'The address /.well-known/caldav does not lead to Nextcloud. This server does not need it; other programs do.',
      fix: 'Let the web server or proxy redirect (301) /.well-known/caldav and /.well-known/carddav to /remote.php/dav/ of Nextcloud.',
      facts: { status },
    });
  },
};

/** What WebDAV tells without a login. */
export const DAV_CHECKS: readonly Check<ServerSnapshot>[] = [davPath, authorizationHeader, wellKnown];

function isSabre({ status, bodyText }: ProbeAnswer): boolean {
  return status === 401 && findSabreException(bodyText) !== null;
}

/** The same path by GET tells whether it is the path or the method that is refused. */
async function methodRefused({ probe }: ServerSnapshot, answer: ProbeAnswer): Promise<Finding> {
  const facts = { status: answer.status };
  if (isSabre(await probe.ask({ path: DAV_PATH }))) {
    return fault({
      cause: 'A proxy or firewall does not let the method PROPFIND through.',
      fix: 'Allow PROPFIND, PROPPATCH, MKCOL, MOVE, COPY, REPORT, SEARCH, PUT and DELETE on /remote.php in the proxy or web application firewall.',
      facts,
    });
  }
  return fault({
    cause: 'The method is not allowed there: this is not the path of WebDAV.',
    fix: 'NEXTCLOUD_URL must be the base address of Nextcloud; WebDAV lies below it at /remote.php/dav, not /webdav or /dav. Check that the proxy passes /remote.php unchanged.',
    facts,
  });
}

function wrongPath({ status, isHtml }: ProbeAnswer): Finding {
  const facts = { status };
  if (status === 404) {
    return fault({
      cause: 'There is no WebDAV at the path where Nextcloud has it.',
      fix: 'Check the path in NEXTCLOUD_URL, and that the web server passes /remote.php/dav to PHP.',
      facts,
    });
  }
  if (status >= 500) {
    return fault({
      cause: 'WebDAV fails.',
      fix: 'Look into nextcloud.log: an app may be at fault (occ app:list, occ app:disable APP).',
      facts,
    });
  }
  return fault({
    cause: isHtml
      ? 'A web page answers in place of WebDAV: a login page of the proxy, or another path.'
      : 'What answers is not the WebDAV of Nextcloud.',
    fix: 'Let the proxy pass /remote.php to Nextcloud without a login of its own and without rewriting it.',
    facts,
  });
}
