import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { MayBeAbsent } from '../../validation/members.ts';

const MAX_ID_CHARACTERS = 1364;
const MAX_DATA_CHARACTERS = 8192;
const MAX_OBJECT_CHARACTERS = 16_384;
const BASE64URL = /^[A-Za-z0-9_-]+$/;
const BASE64URL_RULE = { message: '$property must be base64url without padding' };

/** What both kinds of answers have; names and values as the browser's `toJSON()` gives them (WebAuthn Level 3 section 5.1). */
export class PasskeyCredential {
  /**
   * Id of the credential in base64url.
   * @example "0Zq1yMZg1dwWvmJKhO4yZA"
   */
  @IsString()
  @MaxLength(MAX_ID_CHARACTERS)
  @Matches(BASE64URL, BASE64URL_RULE)
  id!: string;

  /**
   * The same.
   * @example "0Zq1yMZg1dwWvmJKhO4yZA"
   */
  @IsString()
  @MaxLength(MAX_ID_CHARACTERS)
  @Matches(BASE64URL, BASE64URL_RULE)
  rawId!: string;

  /** @example "public-key" */
  @IsIn(['public-key'])
  type!: 'public-key';

  /**
   * Not read.
   * @example "platform"
   */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  authenticatorAttachment?: string | null;

  /**
   * Not read.
   * @example {}
   */
  @MayBeAbsent()
  @IsObject()
  clientExtensionResults?: Record<string, unknown>;
}

/** What an authenticator has made. */
export class AttestationData {
  /**
   * JSON in base64url.
   * @example "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIn0"
   */
  @IsString()
  @MaxLength(MAX_DATA_CHARACTERS)
  @Matches(BASE64URL, BASE64URL_RULE)
  clientDataJSON!: string;

  /**
   * CBOR in base64url.
   * @example "o2NmbXRkbm9uZQ"
   */
  @IsString()
  @MaxLength(MAX_OBJECT_CHARACTERS)
  @Matches(BASE64URL, BASE64URL_RULE)
  attestationObject!: string;

  /**
   * Ways to reach the authenticator.
   * @example ["internal"]
   */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(8)
  @Matches(/^[a-z-]{1,15}$/, { each: true, message: 'transports must be names like internal' })
  transports?: string[] | null;

  /**
   * Not read.
   * @example "AAAA"
   */
  @IsOptional()
  @IsString()
  @MaxLength(MAX_OBJECT_CHARACTERS)
  authenticatorData?: string | null;

  /**
   * Not read.
   * @example "AAAA"
   */
  @IsOptional()
  @IsString()
  @MaxLength(MAX_DATA_CHARACTERS)
  publicKey?: string | null;

  /**
   * Not read.
   * @example -7
   */
  @IsOptional()
  @IsInt()
  publicKeyAlgorithm?: number | null;
}

/** `PublicKeyCredential.toJSON()` after `navigator.credentials.create()`. */
export class AttestationResponseBody extends PasskeyCredential {
  /** What the authenticator has made. */
  @IsObject()
  @ValidateNested()
  @Type(() => AttestationData)
  response!: AttestationData;
}

/** What an authenticator has signed. */
export class AssertionData {
  /**
   * JSON in base64url.
   * @example "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0In0"
   */
  @IsString()
  @MaxLength(MAX_DATA_CHARACTERS)
  @Matches(BASE64URL, BASE64URL_RULE)
  clientDataJSON!: string;

  /**
   * Bytes in base64url.
   * @example "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MdAAAAAA"
   */
  @IsString()
  @MaxLength(MAX_DATA_CHARACTERS)
  @Matches(BASE64URL, BASE64URL_RULE)
  authenticatorData!: string;

  /**
   * Signature in base64url.
   * @example "MEUCIQ"
   */
  @IsString()
  @MaxLength(2048)
  @Matches(BASE64URL, BASE64URL_RULE)
  signature!: string;

  /**
   * What the authenticator keeps for its user, in base64url.
   * @example "AZqrfC8QfD6NVVofDJt-IQ"
   */
  @IsOptional()
  @IsString()
  @MaxLength(128)
  @Matches(BASE64URL, BASE64URL_RULE)
  userHandle?: string | null;

  /**
   * Not read.
   * @example "AAAA"
   */
  @IsOptional()
  @IsString()
  @MaxLength(MAX_OBJECT_CHARACTERS)
  attestationObject?: string | null;
}

/** `PublicKeyCredential.toJSON()` after `navigator.credentials.get()`. */
export class AssertionResponseBody extends PasskeyCredential {
  /** What the authenticator has signed. */
  @IsObject()
  @ValidateNested()
  @Type(() => AssertionData)
  response!: AssertionData;
}
