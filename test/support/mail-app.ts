import { MailServer, tokenOf } from './mail-server.ts';
import { startTestApp, type TestApp } from './test-app.ts';

/** An application that sends through a real SMTP server. */
export interface MailApp {
  readonly app: TestApp;
  readonly mail: MailServer;
  close(): Promise<void>;
}

/** @param env variables of the environment, over the defaults of a test */
export async function startMailApp(env: Record<string, string> = {}): Promise<MailApp> {
  const mail = await MailServer.start();
  const app = await startTestApp({ env: { ...mail.env, FRONTEND_URL: 'https://app.clinic.example/va/', ...env } });
  return {
    app,
    mail,
    close: async () => {
      await app.close();
      await mail.stop();
    },
  };
}

/** Waits for the message and takes the token out of its link. */
export async function takeToken(mail: MailServer, address: string, subject: string): Promise<string> {
  return tokenOf(await mail.take(address, subject));
}
