import { NextcloudDouble } from '../test/nextcloud-double/nextcloud-double.ts';
import { sampleGuidelines } from './sample-guidelines.ts';

/** The Nextcloud that the demo runs against. */
export interface DemoNextcloud {
  readonly url: string;
  /** Says plainly what it is. */
  readonly introduction: string;
  /** Grants access where the demo can do it by itself. */
  grant(loginUrl: string): void;
  clearRequests(): void;
  /** How to link an account there by hand. */
  readonly howToLink: string;
  /** Which requests arrived since `clearRequests`. */
  requestSummary(): string;
  stop(): Promise<void>;
}

const USER = 'testdoc';
/** Of the session by hand in README.md. */
const VISITOR = 'ana';
const VISITOR_PASSWORD = 'seven lamps above the harbour';

/** The configured Nextcloud, else the stand-in of this repository with sample guidelines in it. */
export async function openNextcloud(): Promise<DemoNextcloud> {
  const configured = process.env['NEXTCLOUD_URL'] ?? process.env['NEXTCLOUD_BASE_URL'] ?? '';
  return configured === '' ? openStandIn() : openConfigured(configured);
}

function openConfigured(url: string): DemoNextcloud {
  return {
    url,
    introduction: `Against the Nextcloud at ${url}. Put documents into the folders of NEXTCLOUD_WATCH_DIRECTORIES first.`,
    grant: () => undefined,
    clearRequests: () => undefined,
    howToLink: `POST /api/integrations/nextcloud/link and open login_url, or PUT .../account with an app password of ${url}`,
    requestSummary: () => 'its own log shows one PROPFIND per watched folder',
    stop: () => Promise.resolve(),
  };
}

async function openStandIn(): Promise<DemoNextcloud> {
  const double = await NextcloudDouble.start();
  double.addUser({ uid: USER, password: 'not-used-here', displayName: 'Test Doctor' });
  double.addUser({ uid: VISITOR, password: VISITOR_PASSWORD, displayName: 'Ana Duarte' });
  for (const uid of [USER, VISITOR]) {
    double.makeFolder(uid, '/Documents');
    double.makeFolder(uid, '/Medical_Guidelines');
    for (const { path, content } of sampleGuidelines()) double.putFile(uid, path, content);
  }
  return {
    url: double.url,
    introduction:
      'NEXTCLOUD_URL is not set: this demo runs against the STAND-IN Nextcloud of this repository (test/nextcloud-double)\n' +
      'with three fictional sample guidelines. It is no real Nextcloud; it answers the same requests the same way.',
    grant: (loginUrl) => double.grantLogin(loginUrl, USER),
    howToLink: `user ${VISITOR}, password "${VISITOR_PASSWORD}"`,
    clearRequests: () => double.clearRequests(),
    requestSummary: () => summarise(double),
    stop: () => double.stop(),
  };
}

function summarise(double: NextcloudDouble): string {
  const counts = new Map<string, number>();
  for (const { method } of double.requests) counts.set(method, (counts.get(method) ?? 0) + 1);
  const parts = [...counts].map(([method, count]) => `${String(count)} ${method}`);
  return `requests to Nextcloud: ${parts.join(', ') || 'none'}`;
}
