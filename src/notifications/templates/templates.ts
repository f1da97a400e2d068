import { accessTokenCreated } from './access-token-created.ts';
import { accountExists } from './account-exists.ts';
import { adminAlert } from './admin-alert.ts';
import { emailChangeConfirmation } from './email-change-confirmation.ts';
import { emailChangeRequested } from './email-change-requested.ts';
import { emailChanged } from './email-changed.ts';
import { emailVerification } from './email-verification.ts';
import { identityLinked } from './identity-linked.ts';
import { invitation } from './invitation.ts';
import { nextcloudAccountRefused } from './nextcloud-account-refused.ts';
import { passwordChanged } from './password-changed.ts';
import { passwordReset } from './password-reset.ts';
import { secondFactorChanged } from './second-factor-changed.ts';
import type { Template, TemplateName } from './template.types.ts';
import { tokenReuse } from './token-reuse.ts';

/** Every message by its name. */
export const TEMPLATES: { readonly [Name in TemplateName]: Template<Name> } = {
  'email-verification': emailVerification,
  'account-exists': accountExists,
  'password-reset': passwordReset,
  'password-changed': passwordChanged,
  'email-change-confirmation': emailChangeConfirmation,
  'email-change-requested': emailChangeRequested,
  'email-changed': emailChanged,
  invitation,
  'token-reuse': tokenReuse,
  'second-factor-changed': secondFactorChanged,
  'identity-linked': identityLinked,
  'access-token-created': accessTokenCreated,
  'admin-alert': adminAlert,
  'nextcloud-account-refused': nextcloudAccountRefused,
};
