<?php

declare(strict_types=1);

// SPDX-License-Identifier: AGPL-3.0-or-later

namespace OCA\VoiceAssistGateway;

use OCP\Security\ICredentialsManager;

/**
 * The personal access token of each user, encrypted by Nextcloud with the secret of the instance. A token is bound to
 * the server it was made at: when the address changes it is sent nowhere.
 */
class TokenStore {
	public function __construct(
		private ICredentialsManager $credentials,
		private string $appName,
	) {
	}

	public function read(string $userId, string $serverUrl): ?string {
		$stored = $this->credentials->retrieve($userId, $this->identifier());
		if (!is_array($stored) || ($stored['server'] ?? null) !== $serverUrl || !is_string($stored['token'] ?? null)) {
			return null;
		}
		return $stored['token'];
	}

	public function write(string $userId, string $serverUrl, #[\SensitiveParameter] string $token): void {
		$this->credentials->store($userId, $this->identifier(), ['server' => $serverUrl, 'token' => $token]);
	}

	public function forget(string $userId): void {
		$this->credentials->delete($userId, $this->identifier());
	}

	private function identifier(): string {
		return $this->appName . '/token';
	}
}
