// The two container stacks and the image, read as data. There is no container engine here: dclint checks the schema.
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { readText } from './source-files.ts';

interface Service {
  readonly image?: string;
  readonly build?: unknown;
  readonly command?: readonly string[];
  readonly ports?: readonly string[];
  readonly networks: readonly string[];
  readonly volumes?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly env_file?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck: { readonly test: readonly string[] };
}

interface Stack {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const INTEGRATED = read('docker-compose.yml');
const SEPARATE = read('docker-compose.nextcloud.yml');

function read(file: string): Stack {
  return parse(readText(file)) as Stack;
}

function environmentOf(stack: Stack): [string, string][] {
  return Object.values(stack.services).flatMap(({ environment = {} }) => Object.entries(environment));
}

/** Services that share a network with the named one. */
function neighboursOf(stack: Stack, name: string): string[] {
  const networks = stack.services[name]?.networks ?? [];
  return Object.keys(stack.services).filter(
    (other) => other !== name && stack.services[other]?.networks.some((network) => networks.includes(network)),
  );
}

describe.each([
  ['docker-compose.yml', INTEGRATED],
  ['docker-compose.nextcloud.yml', SEPARATE],
])('%s', (file, stack) => {
  it('has no default for a secret: a missing one stops the start with its name', () => {
    const secrets = environmentOf(stack).filter(
      ([name, value]) => /PASSWORD|SECRET|API_KEY/.test(name) || /:\/\/[^/]*@/.test(value),
    );
    expect(secrets).not.toEqual([]);
    expect(secrets.filter(([, value]) => value !== '' && !/\$\{[A-Z_]+:\?/.test(value))).toEqual([]);
    expect(readText(file)).not.toMatch(/\$\{\w*(PASSWORD|SECRET|KEY)\w*(:?-[^}]*)?\}/);
  });

  it('publishes port 8080 once, and every port on the loopback interface only (X-ops1)', () => {
    const ports = Object.values(stack.services).flatMap((service) => service.ports ?? []);
    expect(ports.filter((port) => port.includes(':8080:'))).toEqual(['127.0.0.1:8080:80']);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });

  it('has a health check for every service, and waits for health and not for a start', () => {
    for (const [name, service] of Object.entries(stack.services)) {
      expect([name, service.healthcheck.test.length]).toEqual([name, expect.any(Number)]);
      const conditions = Object.values(service.depends_on ?? {}).map(({ condition }) => condition);
      expect(conditions.filter((condition) => condition !== 'service_healthy')).toEqual([]);
    }
  });

  it('declares each network and volume that a service uses, and uses each that it declares', () => {
    const services = Object.values(stack.services);
    const networks = new Set(services.flatMap((service) => service.networks));
    const volumes = new Set(services.flatMap(({ volumes: used = [] }) => used.map((each) => each.split(':')[0])));
    expect([...networks].sort()).toEqual(Object.keys(stack.networks).sort());
    expect([...volumes].sort()).toEqual(Object.keys(stack.volumes).sort());
  });

  it('asks only for variables that an example file explains', () => {
    const explained = readText('.env.example') + readText('compose.env.example');
    const asked = [...readText(file).matchAll(/(?<!\$)\$\{([A-Z_]+)/g)].map(([, name]) => name!);
    expect(asked.filter((name) => !new RegExp(`^(# ?)?${name}=`, 'm').test(explained))).toEqual([]);
  });

  it("keeps Nextcloud's database to Nextcloud (N15)", () => {
    expect(neighboursOf(stack, 'nextcloud-db')).toEqual(['nextcloud']);
  });
});

describe('docker-compose.yml', () => {
  it('has the services of the requirement documents under their names', () => {
    expect(Object.keys(INTEGRATED.services)).toEqual([
      'voiceassist-server',
      'postgres',
      'redis',
      'qdrant',
      'nextcloud',
      'nextcloud-db',
    ]);
    expect(INTEGRATED.services['nextcloud']?.image).toBe('nextcloud:29-apache');
    expect(INTEGRATED.services['nextcloud-db']?.image).toMatch(/^postgres:16/);
  });

  it('hands the whole environment of the operator to the server, but not the password of another database', () => {
    const server = INTEGRATED.services['voiceassist-server'];
    expect(server?.env_file).toEqual(['.env']);
    expect(server?.environment?.['NEXTCLOUD_DB_PASSWORD']).toBe('');
  });

  it('lets Nextcloud answer under the name that browsers use and under the one that the server uses', () => {
    const domains = INTEGRATED.services['nextcloud']?.environment?.['NEXTCLOUD_TRUSTED_DOMAINS']?.split(' ');
    expect(domains).toEqual(expect.arrayContaining(['localhost', 'nextcloud']));
    expect(INTEGRATED.services['voiceassist-server']?.environment?.['NEXTCLOUD_URL']).toContain('http://nextcloud');
  });

  it('starts the server without waiting for Nextcloud, whose first start takes minutes (N16)', () => {
    expect(Object.keys(INTEGRATED.services['voiceassist-server']?.depends_on ?? {})).not.toContain('nextcloud');
  });

  it('hides the stores from the outside', () => {
    for (const name of ['postgres', 'redis', 'qdrant', 'nextcloud-db']) {
      const service = INTEGRATED.services[name];
      expect(service?.ports).toBeUndefined();
      expect(service?.networks.map((network) => INTEGRATED.networks[network]?.internal)).toEqual([true]);
    }
  });

  it('shows no password as an argument of a process', () => {
    for (const { command = [] } of Object.values(INTEGRATED.services)) {
      expect(command.join('\n')).not.toMatch(/--requirepass|-a \$/);
    }
  });
});

describe('docker-compose.nextcloud.yml', () => {
  it('is the separate stack of the integration guide', () => {
    expect(SEPARATE.services['nextcloud']?.image).toBe('nextcloud:latest');
    expect(SEPARATE.services['nextcloud-db']?.image).toBe('postgres:15-alpine');
    expect(SEPARATE.services['nextcloud']?.healthcheck.test.join(' ')).toContain('/status.php');
    expect(SEPARATE.services['nextcloud']?.environment).toMatchObject({
      OVERWRITEPROTOCOL: 'http',
      OVERWRITEHOST: 'localhost:8080',
    });
  });
});
