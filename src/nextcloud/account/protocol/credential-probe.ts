import { isDomainError } from '../../../problem/domain-error.ts';
import type { OcsClient } from '../../server/ocs.client.ts';
import type { NextcloudSelf } from '../../server/ocs.client.ts';
import { canBeBearer, type CredentialScheme } from '../../dav/nextcloud-credential.ts';

/** A working login and the user that it belongs to. */
export interface ProbedLogin extends NextcloudSelf {
  readonly scheme: CredentialScheme;
}

/**
 * Tries an app password: as Bearer, which Nextcloud does not count as a login attempt, and only when that is refused once
 * as Basic, which it does. Eleven wrong Basic attempts from our address would lock all our users out, so nothing here is
 * ever repeated.
 * @throws {DomainError} `account-link-invalid` when both are refused; an outage is thrown as it is, without a Basic attempt
 */
export async function probeLogin(ocs: OcsClient, loginName: string, appPassword: string): Promise<ProbedLogin> {
  if (canBeBearer(appPassword)) {
    try {
      const self = await ocs.self({ loginName, secret: appPassword, scheme: 'bearer' }, { isRepeatable: false });
      return { ...self, scheme: 'bearer' };
    } catch (error) {
      if (!isDomainError(error, 'account-link-invalid')) throw error;
    }
  }
  const self = await ocs.self({ loginName, secret: appPassword, scheme: 'basic' }, { isRepeatable: false });
  return { ...self, scheme: 'basic' };
}
