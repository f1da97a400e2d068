<?php

declare(strict_types=1);

// SPDX-License-Identifier: AGPL-3.0-or-later

namespace OCA\VoiceAssistGateway;

/** One operation of the VoiceAssist server that an app may call. */
final class Operation {
	/**
	 * @param string $path as the OpenAPI document has it; the only parameter is {id}, a UUID
	 * @param ?string $scope what the token of the user must be allowed to do; null: sent without any token
	 * @param string[] $query names of the query parameters that are passed on
	 * @param bool $takesBody whether a JSON body is passed on
	 * @param bool $isProbe whether it tells, without doing anything, that a new token has its scope
	 * @param int $cacheSeconds how long an answer may be given again; only for operations without a token
	 */
	public function __construct(
		public string $method,
		public string $path,
		public ?string $scope,
		public array $query,
		public bool $takesBody,
		public bool $isProbe,
		public int $cacheSeconds,
	) {
	}
}
