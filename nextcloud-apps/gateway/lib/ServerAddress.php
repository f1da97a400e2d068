<?php

declare(strict_types=1);

// SPDX-License-Identifier: AGPL-3.0-or-later

namespace OCA\VoiceAssistGateway;

use OCP\IConfig;

/**
 * Where the VoiceAssist server is. Only who can run occ or write config.php decides that: tokens are sent there.
 * `server_url`, `public_url` and `allow_http` of the app come before `voiceassist_server_url`, `voiceassist_public_url` and
 * `voiceassist_allow_http` of the system.
 */
class ServerAddress {
	// No user, no query, no fragment; a path when the server stands behind one.
	private const FORM = '#^(https?)://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?((?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*)/?$#D';
	private const LOOPBACK = '#^(localhost|127(\.[0-9]{1,3}){3}|\[::1\])$#iD';

	public function __construct(
		private IConfig $config,
		private string $appName,
	) {
	}

	/**
	 * Base URL, without a slash at its end.
	 *
	 * @throws GatewayProblem server-not-configured
	 */
	public function url(): string {
		$url = $this->setting('server_url');
		if ($url === '') {
			throw $this->problem('The address of the VoiceAssist server is not set.');
		}
		if (preg_match(self::FORM, $url, $parts) !== 1) {
			throw $this->problem('The address of the VoiceAssist server is not a plain http(s) address.');
		}
		$isLoopback = preg_match(self::LOOPBACK, $parts[2]) === 1;
		if ($parts[1] === 'http' && !$isLoopback && $this->setting('allow_http') !== 'yes') {
			throw $this->problem('The address of the VoiceAssist server must begin with https://.');
		}
		return rtrim($url, '/');
	}

	/** Where browsers find it: `public_url`, else the same. @throws GatewayProblem server-not-configured */
	public function publicUrl(): string {
		$url = $this->setting('public_url');
		if ($url === '') {
			return $this->url();
		}
		if (preg_match(self::FORM, $url) !== 1) {
			throw $this->problem('The public address of the VoiceAssist server is not a plain http(s) address.');
		}
		return rtrim($url, '/');
	}

	private function setting(string $key): string {
		$own = (string)$this->config->getAppValue($this->appName, $key, '');
		return $own !== '' ? $own : $this->config->getSystemValueString('voiceassist_' . $key, '');
	}

	private function problem(string $fault): GatewayProblem {
		$help = ' An administrator sets it with: occ config:system:set voiceassist_server_url --value=https://...';
		return new GatewayProblem(503, 'server-not-configured', $fault . $help);
	}
}
