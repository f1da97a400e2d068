<?php

declare(strict_types=1);

// SPDX-License-Identifier: AGPL-3.0-or-later

namespace OCA\VoiceAssistClient\Controller;

use OCA\VoiceAssistClient\Gateway\AnswerResponse;
use OCA\VoiceAssistClient\Gateway\GatewayController;
use OCP\AppFramework\Http\Attribute\NoAdminRequired;
use OCP\AppFramework\Http\Attribute\UserRateLimit;

/** Every signed-in user. The request token of the page is asked for. */
class ApiController extends GatewayController {
	#[NoAdminRequired]
	#[UserRateLimit(limit: 120, period: 60)]
	public function get(): AnswerResponse {
		return $this->forward();
	}

	#[NoAdminRequired]
	#[UserRateLimit(limit: 60, period: 60)]
	public function post(): AnswerResponse {
		return $this->forward();
	}
}
