<?php

declare(strict_types=1);

// SPDX-License-Identifier: AGPL-3.0-or-later

namespace OCA\VoiceAssistAdmin\Controller;

use OCA\VoiceAssistAdmin\Gateway\AnswerResponse;
use OCA\VoiceAssistAdmin\Gateway\GatewayController;
use OCP\AppFramework\Http\Attribute\UserRateLimit;

/** Without NoAdminRequired: only administrators of Nextcloud get in. Here a user gives the app a token, and takes it back. */
class ConnectionController extends GatewayController {
	#[UserRateLimit(limit: 10, period: 60)]
	public function begin(): AnswerResponse {
		return $this->beginConnection();
	}

	#[UserRateLimit(limit: 10, period: 60)]
	public function connect(#[\SensitiveParameter] string $token = ''): AnswerResponse {
		return $this->keepToken($token);
	}

	#[UserRateLimit(limit: 10, period: 60)]
	public function disconnect(): AnswerResponse {
		return $this->forgetToken();
	}
}
