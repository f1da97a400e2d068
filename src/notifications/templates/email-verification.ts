import type { Template } from './template.types.ts';

/** To a new account. */
export const emailVerification: Template<'email-verification'> = ({ link, goodUntil }) => ({
  subject: 'Confirm your address',
  paragraphs: [
    'Somebody, most likely you, opened an account with this address. Confirm that the address is yours.',
    `The link is good once, until ${goodUntil}. If you did not open an account, do nothing and do not follow it.`,
  ],
  action: { label: 'Confirm address', link },
  showsOccasion: true,
});
