import { DomainError, isDomainError } from '../../../problem/domain-error.ts';
import { findText, isOcsSuccess, type OcsAnswer } from '../../server/ocs-envelope.ts';
import { callOcs, type NextcloudEndpoint } from '../../server/ocs.transport.ts';
import type { NextcloudLogin } from '../../dav/nextcloud-credential.ts';

/**
 * - `revoked`: dead now
 * - `already-dead`: Nextcloud did not know it any more
 * - `not-an-app-password`: nothing to revoke
 */
export type RevocationOutcome = 'revoked' | 'already-dead' | 'not-an-app-password';

/** Revokes the app password of a login, by itself; as Bearer where it can be, which Nextcloud never counts. */
export async function revokeAppPassword(
  endpoint: NextcloudEndpoint,
  login: NextcloudLogin,
): Promise<RevocationOutcome> {
  try {
    const answer = await callOcs(endpoint, { method: 'DELETE', path: '/core/apppassword', login });
    if (isOcsSuccess(answer)) return 'revoked';
    if (answer.statusCode === 403) return 'not-an-app-password';
    throw unexpected(endpoint, answer);
  } catch (error) {
    if (isDomainError(error, 'account-link-invalid')) return 'already-dead';
    throw error;
  }
}

/**
 * Asks for an app password in exchange for the password of a user.
 *
 * @returns null when the login has an app password already, which Nextcloud exchanges for no other
 * @throws DomainError `app-password-required` when Nextcloud gives none
 */
export async function requestAppPassword(endpoint: NextcloudEndpoint, login: NextcloudLogin): Promise<string | null> {
  const answer = await callOcs(endpoint, {
    method: 'GET',
    path: '/core/getapppassword',
    login,
    isRepeatable: false,
  });
  if (answer.statusCode === 403) return null;
  const secret = findText(answer.data, 'apppassword');
  if (isOcsSuccess(answer) && secret !== null && secret !== '') return secret;
  throw new DomainError('app-password-required', {
    logContext: { upstream: endpoint.policy.name, ocsStatus: answer.statusCode },
  });
}

/**
 * Exchanges an app password for a new one. Keep the new one before forgetting the old one, which Nextcloud may accept for
 * some seconds more.
 */
export async function rotateAppPassword(endpoint: NextcloudEndpoint, login: NextcloudLogin): Promise<string> {
  const answer = await callOcs(endpoint, {
    method: 'POST',
    path: '/core/apppassword/rotate',
    login,
    isRepeatable: false,
  });
  const secret = findText(answer.data, 'apppassword');
  if (!isOcsSuccess(answer) || secret === null) throw unexpected(endpoint, answer);
  return secret;
}

function unexpected(endpoint: NextcloudEndpoint, answer: OcsAnswer): DomainError {
  const code = answer.statusCode === 403 ? 'forbidden' : 'upstream-protocol-error';
  return new DomainError(code, { logContext: { upstream: endpoint.policy.name, ocsStatus: answer.statusCode } });
}
