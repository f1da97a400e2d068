<?php

declare(strict_types=1);

// SPDX-License-Identifier: AGPL-3.0-or-later

namespace OCA\VoiceAssistGateway;

/** What the app itself has to refuse. The detail is shown to the user and holds no secret. */
final class GatewayProblem extends \Exception {
	/** @param string $problemCode stable code to switch on */
	public function __construct(
		public int $status,
		public string $problemCode,
		string $detail,
	) {
		parent::__construct($detail);
	}

	/** As problem details (RFC 9457). */
	public function answer(): Answer {
		$document = [
			'type' => 'about:blank',
			'title' => 'The VoiceAssist app cannot do this',
			'status' => $this->status,
			'code' => $this->problemCode,
			'detail' => $this->getMessage(),
		];
		return new Answer($this->status, 'application/problem+json', json_encode($document, JSON_THROW_ON_ERROR));
	}
}
