import { defineEntity, p } from '@mikro-orm/postgresql';
import { User } from '../../users/user.entity.ts';

const TotpFactorSchema = defineEntity({
  name: 'TotpFactor',
  tableName: 'totp_factors',
  properties: {
    userId: () => p.manyToOne(User).mapToPk().fieldName('user_id').primary().deleteRule('cascade'),
    /** Shared secret, sealed. */
    sealedSecret: p.text(),
    createdAt: p.datetime().defaultRaw('now()'),
    /** Null until a first code has shown that the authenticator has the secret. */
    confirmedAt: p.datetime().nullable(),
    /** Time step of the last code that was accepted; none up to it is ever accepted again. */
    lastStep: p.bigint('number').nullable(),
  },
});

/** The authenticator app of a user (RFC 6238). */
export class TotpFactor extends TotpFactorSchema.class {}
TotpFactorSchema.setClass(TotpFactor);

const RecoveryCodeSchema = defineEntity({
  name: 'RecoveryCode',
  tableName: 'recovery_codes',
  properties: {
    userId: () => p.manyToOne(User).mapToPk().fieldName('user_id').primary().deleteRule('cascade'),
    /** Keyed hash of the code, in hex. */
    codeHash: p.string().length(64).primary(),
    createdAt: p.datetime().defaultRaw('now()'),
  },
});

/** A code that replaces the authenticator once; its row goes when it is used. */
export class RecoveryCode extends RecoveryCodeSchema.class {}
RecoveryCodeSchema.setClass(RecoveryCode);
