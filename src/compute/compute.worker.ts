import { compare, hash } from 'bcryptjs';

/** bcrypt hash of what `PasswordHasher` has prepared; `rounds` as a power of two. */
export function hashPassword({ input, rounds }: { input: string; rounds: number }): Promise<string> {
  return hash(input, rounds);
}

/** Whether what `PasswordHasher` has prepared belongs to a bcrypt hash. */
export function verifyPassword({ input, hashed }: { input: string; hashed: string }): Promise<boolean> {
  return compare(input, hashed);
}
