<?php

declare(strict_types=1);

// SPDX-License-Identifier: AGPL-3.0-or-later

namespace OCA\VoiceAssistClient\Controller;

use OCA\VoiceAssistClient\Gateway\AnswerResponse;
use OCA\VoiceAssistClient\Gateway\GatewayController;
use OCP\AppFramework\Http\Attribute\NoAdminRequired;
use OCP\AppFramework\Http\Attribute\UserRateLimit;

/** Every signed-in user. Here a user gives the app a token, and takes it back. */
class ConnectionController extends GatewayController {
	#[NoAdminRequired]
	#[UserRateLimit(limit: 10, period: 60)]
	public function begin(): AnswerResponse {
		return $this->beginConnection();
	}

	#[NoAdminRequired]
	#[UserRateLimit(limit: 10, period: 60)]
	public function connect(#[\SensitiveParameter] string $token = ''): AnswerResponse {
		return $this->keepToken($token);
	}

	#[NoAdminRequired]
	#[UserRateLimit(limit: 10, period: 60)]
	public function disconnect(): AnswerResponse {
		return $this->forgetToken();
	}
}
