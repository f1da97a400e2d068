import { defineEntity, p } from '@mikro-orm/postgresql';

const UsedNonceSchema = defineEntity({
  name: 'UsedNonce',
  tableName: 'used_nonces',
  properties: {
    keyId: p.string().length(32).primary(),
    nonce: p.string().length(128).primary(),
    /** When no signature with it can be young enough any more, by any clock of ours. */
    expiresAt: p.datetime().index(),
  },
});

/** The nonce of a signature that was accepted; it is good once. */
export class UsedNonce extends UsedNonceSchema.class {}
UsedNonceSchema.setClass(UsedNonce);
