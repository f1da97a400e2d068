import { isEmailAddress } from '../../../validation/email-address.ts';
import type { ProviderSettings } from '../../../config/sso-providers.ts';
import type { VerifiedIdentity } from '../../identities/identity-provider.port.ts';

/** Claims by name, as JSON gave them. */
export type Claims = Readonly<Record<string, unknown>>;

/** What an identity says about its person. */
export type Profile = Pick<VerifiedIdentity, 'email' | 'isEmailVerified' | 'fullName' | 'groups'>;

const LONGEST_NAME = 255;
const MAX_GROUPS = 1_000;

/** Claims of the ID token, and of UserInfo where the token lacks them. */
export function profileOf(
  idToken: Claims,
  userinfo: Claims,
  { provesAddresses, groupsClaim }: Pick<ProviderSettings, 'provesAddresses' | 'groupsClaim'>,
): Profile {
  // An address and its `email_verified` come from one place: a pair mixed from two proves nothing.
  const source = addressOf(idToken) === null ? userinfo : idToken;
  return {
    email: addressOf(source),
    isEmailVerified: provesAddresses && source['email_verified'] === true,
    fullName: nameOf(idToken['name']) ?? nameOf(userinfo['name']),
    groups: groupsOf(idToken[groupsClaim]) ?? groupsOf(userinfo[groupsClaim]),
  };
}

/** A name without control characters, at most 255 characters; null when nothing is left of it. */
export function nameOf(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const name = [...value.replace(/[\p{Cc}\p{Cs}\s]+/gu, ' ').trim()].slice(0, LONGEST_NAME).join('');
  return name === '' ? null : name;
}

/** An address that registration would take; null for anything else. */
export function findAddress(value: unknown): string | null {
  return isEmailAddress(value) ? value : null;
}

function addressOf({ email }: Claims): string | null {
  return findAddress(email);
}

/** Null when the claim is not there: that is not the same as being in no group. */
function groupsOf(value: unknown): readonly string[] | null {
  if (!Array.isArray(value)) return null;
  return value.slice(0, MAX_GROUPS).filter((each) => typeof each === 'string');
}
