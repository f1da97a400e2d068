<?php

declare(strict_types=1);

// SPDX-License-Identifier: AGPL-3.0-or-later

namespace OCA\VoiceAssistGateway;

use OCP\ICacheFactory;

/** Calls operations of the VoiceAssist server with the token of the signed-in user. */
class Gateway {
	public const MOST_BODY_BYTES = 65_536;
	private const MOST_VALUE_BYTES = 4_096;
	/** A personal access token; never the token of a session, which may do everything. */
	private const TOKEN = '/^va_[A-Za-z0-9_-]{43}$/D';

	public function __construct(
		private OperationList $operations,
		private ServerAddress $address,
		private TokenStore $tokens,
		private PendingConnection $pending,
		private Upstream $upstream,
		private ICacheFactory $caches,
	) {
	}

	/**
	 * @param string $route what stands behind /apps/<app>/api/, decoded
	 * @param array<mixed> $query the decoded query string
	 * @throws GatewayProblem
	 */
	public function call(string $userId, string $method, string $route, array $query, string $body): Answer {
		[$operation, $path] = $this->operations->find($method, $route);
		if (strlen($body) > self::MOST_BODY_BYTES) {
			throw new GatewayProblem(413, 'request-too-large', 'The body of the request is too large.');
		}
		$path .= $this->queryString($operation, $query);
		if ($operation->scope === null) {
			return $this->callWithoutToken($operation, $path);
		}
		$token = $this->tokens->read($userId, $this->address->url());
		if ($token === null) {
			throw new GatewayProblem(409, 'not-connected', 'Connect the app to your VoiceAssist account first.');
		}
		$answer = $this->upstream->send($operation, $path, $operation->takesBody ? $body : null, $token);
		if ($answer->status === 401) {
			// A 401 would tell the browser that its own session has ended.
			throw new GatewayProblem(409, 'token-refused', 'VoiceAssist refuses the stored token. Connect again.');
		}
		return $answer;
	}

	/**
	 * What the page of a user needs to know before it asks anything.
	 *
	 * @return array{server: string, fault: string, connected: bool, scopes: string[]}
	 */
	public function state(string $userId): array {
		$state = ['server' => '', 'fault' => '', 'connected' => false, 'scopes' => $this->operations->scopes()];
		try {
			$state['server'] = $this->address->url();
			$state['connected'] = $state['scopes'] !== [] && $this->tokens->read($userId, $state['server']) !== null;
		} catch (GatewayProblem $problem) {
			$state['fault'] = $problem->getMessage();
		}
		return $state;
	}

	/**
	 * Tries a token and keeps it when every probe accepts it.
	 *
	 * @throws GatewayProblem token-malformed, token-refused, token-lacks-scope, and those of Upstream
	 */
	public function connect(string $userId, #[\SensitiveParameter] string $token): void {
		if (preg_match(self::TOKEN, $token) !== 1) {
			throw new GatewayProblem(422, 'token-malformed', 'A personal access token begins with va_ and has 46 characters.');
		}
		foreach ($this->operations->probes() as $probe) {
			$this->check($this->upstream->send($probe, $probe->path, null, $token));
		}
		$this->tokens->write($userId, $this->address->url(), $token);
	}

	/**
	 * Where the browser of the user goes to allow the connection.
	 *
	 * @param string $redirectUri page of this app that the browser comes back to
	 * @throws GatewayProblem server-not-configured
	 */
	public function beginConnection(string $userId, string $appName, string $redirectUri): string {
		$begun = $this->pending->begin($userId, $this->address->url(), time());
		return $this->address->publicUrl() . '/account/connect?' . http_build_query([
			'app' => $appName,
			'redirect_uri' => $redirectUri,
			'code_challenge' => $begun['challenge'],
			'state' => $begun['state'],
		], '', '&', PHP_QUERY_RFC3986);
	}

	/**
	 * Exchanges the code that the browser brought for a token, and keeps that.
	 *
	 * @throws GatewayProblem connection-refused, and those of Upstream and `connect`
	 */
	public function completeConnection(string $userId, #[\SensitiveParameter] string $code, string $state): void {
		$verifier = $this->pending->complete($userId, $this->address->url(), $state, time());
		if ($verifier === null || $code === '') {
			throw new GatewayProblem(422, 'connection-refused', 'The connection was not made here, took too long or was cancelled. Press Connect again.');
		}
		$body = json_encode(['code' => $code, 'code_verifier' => $verifier], JSON_THROW_ON_ERROR);
		$exchange = new Operation('POST', '/api/auth/tokens/exchange', null, [], true, false, 0);
		$answer = $this->upstream->send($exchange, $exchange->path, $body, null);
		$token = json_decode($answer->body, true)['token'] ?? null;
		if ($answer->status !== 201 || !is_string($token)) {
			throw new GatewayProblem(422, 'connection-refused', 'VoiceAssist did not accept the connection. Press Connect again.');
		}
		$this->connect($userId, $token);
	}

	/** Forgets the token, and has the server refuse it from now on where that can be reached. */
	public function disconnect(string $userId): void {
		try {
			$token = $this->tokens->read($userId, $this->address->url());
			if ($token !== null) {
				$revoke = new Operation('POST', '/api/auth/tokens/revoke', null, [], true, false, 0);
				$this->upstream->send($revoke, $revoke->path, json_encode(['token' => $token], JSON_THROW_ON_ERROR), null);
			}
		} catch (GatewayProblem) {
			// Logged by Upstream. It expires by itself, and its owner sees it among the tokens in VoiceAssist.
		}
		$this->tokens->forget($userId);
	}

	private function check(Answer $answer): void {
		if ($answer->status === 401) {
			throw new GatewayProblem(422, 'token-refused', 'VoiceAssist does not know this token, or it has expired.');
		}
		if ($answer->status === 403) {
			$scopes = implode(', ', $this->operations->scopes());
			throw new GatewayProblem(422, 'token-lacks-scope', 'The token needs the scopes ' . $scopes . '.');
		}
		if ($answer->status !== 200) {
			throw new GatewayProblem(502, 'server-unreachable', 'VoiceAssist cannot check the token now. Try again later.');
		}
	}

	private function callWithoutToken(Operation $operation, string $path): Answer {
		if ($operation->cacheSeconds === 0) {
			return $this->upstream->send($operation, $path, null, null);
		}
		$cache = $this->caches->createDistributed('voiceassist');
		$key = hash('sha256', $this->address->url() . $path);
		$stored = $cache->get($key);
		if (is_string($stored)) {
			return new Answer(200, 'application/json', $stored);
		}
		$answer = $this->upstream->send($operation, $path, null, null);
		if ($answer->status === 200) {
			$cache->set($key, $answer->body, $operation->cacheSeconds);
		}
		return $answer;
	}

	/** @param array<mixed> $query */
	private function queryString(Operation $operation, array $query): string {
		foreach ($query as $name => $value) {
			$isKnown = in_array((string)$name, $operation->query, true);
			if (!$isKnown || !is_string($value) || strlen($value) > self::MOST_VALUE_BYTES) {
				throw new GatewayProblem(422, 'bad-parameter', 'A query parameter is unknown, repeated or too long.');
			}
		}
		return $query === [] ? '' : '?' . http_build_query($query, '', '&', PHP_QUERY_RFC3986);
	}
}
