import { Accounts } from './accounts.ts';
import { Authenticator } from './authentication.ts';
import { ServerClock } from './clock.ts';
import { FileLocks } from './dav-locks.ts';
import { Uploads } from './dav-uploads.ts';
import { Faults } from './faults.ts';
import { LoginFlows } from './login-flow.ts';
import { OAuth2App } from './oauth2-app.ts';
import { OidcApp } from './oidc-app.ts';
import { ActivityLog } from './ocs-activity.ts';
import { BruteForceThrottle } from './throttle.ts';
import { FileTree } from './tree.ts';

/** Everything the server remembers, handed to every handler. */
export class ServerState {
  readonly clock = new ServerClock();
  readonly faults = new Faults();
  readonly accounts = new Accounts();
  readonly oauth2 = new OAuth2App(this.clock);
  readonly oidc = new OidcApp();
  readonly throttle = new BruteForceThrottle(this.clock);
  readonly authenticator = new Authenticator(this);
  readonly tree = new FileTree(this.clock);
  readonly activity = new ActivityLog(this.tree);
  readonly locks = new FileLocks();
  readonly uploads = new Uploads();
  readonly loginFlows = new LoginFlows(this.clock);
}
