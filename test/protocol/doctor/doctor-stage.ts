import { Secret } from '../../../src/config/secret.ts';
import type { ProviderSettings } from '../../../src/config/sso-providers.ts';
import type { CheckResult } from '../../../src/nextcloud/doctor/check.types.ts';
import type { DoctorSettings } from '../../../src/nextcloud/doctor/doctor-settings.ts';
import { ServerDoctor } from '../../../src/nextcloud/doctor/server-doctor.ts';
import type { SignOnFailures, ExaminationDepth } from '../../../src/nextcloud/doctor/server-snapshot.ts';
import { OutboundClient } from '../../../src/outbound/outbound.client.ts';

/** What a test changes of an ordinary configuration. */
export interface Examination {
  readonly settings?: Partial<DoctorSettings>;
  readonly depth?: Partial<ExaminationDepth>;
  readonly failures?: readonly SignOnFailures[];
  readonly caCertificatesPem?: string;
  /** As OUTBOUND_PINS lists them. */
  readonly pins?: readonly string[];
  /** Every host name is this machine. */
  readonly resolvesToThisMachine?: boolean;
  /** No host name exists. */
  readonly knowsNoName?: boolean;
  /** Examined several times by the same doctor; the last results are returned. */
  readonly times?: number;
}

const OWN_ORIGIN = 'http://localhost:8000';

/** Lets the doctor examine a Nextcloud and returns the results by id. */
export async function examine(
  url: string,
  {
    settings = {},
    depth = {},
    failures,
    caCertificatesPem,
    pins,
    resolvesToThisMachine,
    knowsNoName,
    times = 1,
  }: Examination = {},
): Promise<Map<string, CheckResult>> {
  const all: DoctorSettings = {
    url,
    browserUrl: settings.url ?? url,
    allowsHttp: false,
    serviceAccount: undefined,
    signOn: undefined,
    ownOrigin: OWN_ORIGIN,
    watchDirectories: ['/Documents'],
    ...settings,
  };
  const outbound = new OutboundClient({
    operatorOrigins: [all.url, all.browserUrl, all.signOn?.issuer].filter((each) => each !== undefined),
    ...(caCertificatesPem !== undefined && { caCertificatesPem }),
    ...(pins !== undefined && { pins }),
    ...(knowsNoName === true && {
      resolve: () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' })),
    }),
    ...(resolvesToThisMachine === true && { resolve: () => Promise.resolve(['127.0.0.1']) }),
  });
  const doctor = new ServerDoctor(all, outbound);
  const wholeDepth = { isForAdministrator: true, isDeep: false, ...depth };
  const history = failures === undefined ? null : () => Promise.resolve(failures);
  let results: CheckResult[] = [];
  for (let time = 0; time < times; time += 1) results = await doctor.examine(wholeDepth, history);
  await outbound.close();
  return new Map(results.map((result) => [result.id, result]));
}

/** Login with Nextcloud as the configuration would give it. */
export function signOn(
  kind: ProviderSettings['kind'],
  issuer: string,
  client: { clientId: string; clientSecret: string; redirectUri?: string },
): ProviderSettings {
  const id = kind === 'oidc' ? 'nextcloud' : 'nextcloud-oauth2';
  return {
    id,
    label: 'Nextcloud',
    kind,
    issuer,
    clientId: client.clientId,
    clientSecret: new Secret(client.clientSecret),
    redirectUri: client.redirectUri ?? `${OWN_ORIGIN}/auth/callback`,
    scopes: [],
    groupsClaim: 'groups',
    adminGroups: [],
    provesAddresses: false,
    allowsHs256: false,
  };
}

/** Ids of the results with a status, in order. */
export function withStatus(results: ReadonlyMap<string, CheckResult>, ...statuses: CheckResult['status'][]): string[] {
  return [...results.values()].filter(({ status }) => statuses.includes(status)).map(({ id }) => id);
}
