import { ApiClient } from '../demo/api-client.ts';
import { startServer, type ServerProcess } from '../demo/server-process.ts';

const PASSWORD = 'a bench needs a long password';

/** Limits that no benchmark reaches. */
const WIDE_LIMITS = {
  RATE_LIMIT_REGISTER_PER_HOUR: '100000',
  RATE_LIMIT_LOGIN_PER_MINUTE: '100000',
  RATE_LIMIT_REFRESH_PER_MINUTE: '100000',
  RATE_LIMIT_REQUESTS_PER_MINUTE: '1000000',
  RATE_LIMIT_LOGIN_FAILURES_PER_ACCOUNT: '100000',
};

/** A server with one user logged in. */
export interface BenchAccount {
  readonly server: ServerProcess;
  readonly api: ApiClient;
  readonly credentials: { readonly email: string; readonly password: string };
}

/**
 * Starts a server on an empty embedded database, or on TEST_DATABASE_URL, and logs a new user in. It logs every request
 * to a file, as in production.
 */
export async function startWithAccount(env: Readonly<Record<string, string>> = {}): Promise<BenchAccount> {
  const databaseUrl = process.env['TEST_DATABASE_URL'];
  const database = databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl };
  const serverEnv = {
    ...WIDE_LIMITS,
    INDEX_SCAN_INTERVAL_MINUTES: '0',
    INDEX_ACTIVITY_SECONDS: '0',
    ...database,
    LOG_LEVEL: 'info',
    ...env,
  };
  const server = await startServer(serverEnv, { log: 'file' });
  const api = new ApiClient(server.url);
  const credentials = { email: `bench-${String(Date.now())}@clinic.example`, password: PASSWORD };
  await api.post('/api/auth/register', { ...credentials, full_name: 'Bench' });
  const { access_token } = await api.post<{ access_token: string }>('/api/auth/login', credentials);
  api.accessToken = access_token;
  return { server, api, credentials };
}
