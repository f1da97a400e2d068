import { compare, hash } from 'bcryptjs';

/** Rounds of bcrypt as a power of two. */
const COST = 12;

/** bcrypt hash of an input that `bcryptInput` has prepared. */
export function hashPassword(input: string): Promise<string> {
  return hash(input, COST);
}

/** Whether an input that `bcryptInput` has prepared belongs to a bcrypt hash. */
export function verifyPassword({ input, hashed }: { input: string; hashed: string }): Promise<boolean> {
  return compare(input, hashed);
}
