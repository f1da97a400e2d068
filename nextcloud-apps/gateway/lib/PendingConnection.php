<?php

declare(strict_types=1);

// SPDX-License-Identifier: AGPL-3.0-or-later

namespace OCA\VoiceAssistGateway;

use OCP\Security\ICredentialsManager;
use OCP\Security\ISecureRandom;

/** A connection that a user has begun: what its answer must carry (state, and a verifier as in RFC 7636). One at a time. */
class PendingConnection {
	private const SECONDS = 900;
	private const CHARACTERS = ISecureRandom::CHAR_ALPHANUMERIC;

	public function __construct(
		private ICredentialsManager $credentials,
		private ISecureRandom $random,
		private string $appName,
	) {
	}

	/** @return array{state: string, challenge: string} */
	public function begin(string $userId, string $serverUrl, int $now): array {
		$verifier = $this->random->generate(64, self::CHARACTERS);
		$state = $this->random->generate(32, self::CHARACTERS);
		$pending = ['server' => $serverUrl, 'verifier' => $verifier, 'state' => $state, 'until' => $now + self::SECONDS];
		$this->credentials->store($userId, $this->identifier(), $pending);
		$challenge = rtrim(strtr(base64_encode(hash('sha256', $verifier, true)), '+/', '-_'), '=');
		return ['state' => $state, 'challenge' => $challenge];
	}

	/** Uses it up. @return ?string the verifier; null when the answer belongs to nothing that this user began here */
	public function complete(string $userId, string $serverUrl, string $state, int $now): ?string {
		$pending = $this->credentials->retrieve($userId, $this->identifier());
		$this->credentials->delete($userId, $this->identifier());
		$isMeant = is_array($pending)
			&& ($pending['server'] ?? null) === $serverUrl
			&& ($pending['until'] ?? 0) >= $now
			&& is_string($pending['state'] ?? null)
			&& hash_equals($pending['state'], $state);
		return $isMeant ? (string)$pending['verifier'] : null;
	}

	private function identifier(): string {
		return $this->appName . '/pending';
	}
}
