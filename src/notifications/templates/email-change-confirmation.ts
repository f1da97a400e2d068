import type { Template } from './template.types.ts';

/** To the new address of an account. */
export const emailChangeConfirmation: Template<'email-change-confirmation'> = ({ link, goodUntil }) => ({
  subject: 'Confirm your new address',
  paragraphs: [
    'The owner of an account wants to move it to this address. Confirm that the address is yours.',
    `The link is good once, until ${goodUntil}. If it was not you, do nothing and do not follow it.`,
  ],
  action: { label: 'Confirm new address', link },
  showsOccasion: true,
});
