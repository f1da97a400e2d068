<?php

declare(strict_types=1);

// SPDX-License-Identifier: AGPL-3.0-or-later

namespace OCA\VoiceAssistGateway;

/** A JSON document on its way to the browser. */
final class Answer {
	/** @param ?string $retryAfter seconds, as digits */
	public function __construct(
		public int $status,
		public string $mediaType,
		public string $body,
		public ?string $retryAfter = null,
	) {
	}
}
