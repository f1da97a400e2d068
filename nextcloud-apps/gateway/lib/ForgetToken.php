<?php

declare(strict_types=1);

// SPDX-License-Identifier: AGPL-3.0-or-later

namespace OCA\VoiceAssistGateway;

use OCP\EventDispatcher\Event;
use OCP\EventDispatcher\IEventListener;
use OCP\User\Events\UserDeletedEvent;

/**
 * A user who is gone leaves no token behind: another one could get the same id.
 *
 * @template-implements IEventListener<UserDeletedEvent>
 */
class ForgetToken implements IEventListener {
	public function __construct(
		private TokenStore $tokens,
	) {
	}

	public function handle(Event $event): void {
		if ($event instanceof UserDeletedEvent) {
			$this->tokens->forget($event->getUser()->getUID());
		}
	}
}
