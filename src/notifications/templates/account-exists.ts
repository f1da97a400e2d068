import type { Template } from './template.types.ts';

/** To the owner of an account whose address somebody used for another one. */
export const accountExists: Template<'account-exists'> = ({ link }) => ({
  subject: 'You have an account already',
  paragraphs: [
    'Somebody, perhaps you, wanted to use this address for an account. It belongs to your account already, and nothing was changed.',
    'If it was you, log in as usual; if you have forgotten your password, you can choose a new one.',
  ],
  action: { label: 'Choose a new password', link },
  showsOccasion: true,
});
