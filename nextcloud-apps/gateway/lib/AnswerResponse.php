<?php

declare(strict_types=1);

// SPDX-License-Identifier: AGPL-3.0-or-later

namespace OCA\VoiceAssistGateway;

use OCP\AppFramework\Http\Response;

/** An answer as Nextcloud sends it: as it came, never kept by the browser. */
class AnswerResponse extends Response {
	public function __construct(
		private Answer $answer,
	) {
		parent::__construct();
		$this->setStatus($answer->status);
		$this->addHeader('Content-Type', $answer->mediaType);
		$this->addHeader('Cache-Control', 'no-store');
		if ($answer->retryAfter !== null) {
			$this->addHeader('Retry-After', $answer->retryAfter);
		}
	}

	public function render(): string {
		return $this->answer->body;
	}
}
