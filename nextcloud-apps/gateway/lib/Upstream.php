<?php

declare(strict_types=1);

// SPDX-License-Identifier: AGPL-3.0-or-later

namespace OCA\VoiceAssistGateway;

use OCP\Http\Client\IClientService;
use OCP\Http\Client\IResponse;
use Psr\Log\LoggerInterface;

/** The only way to the VoiceAssist server. */
class Upstream {
	public const MOST_ANSWER_BYTES = 4_194_304;
	private const CONNECT_SECONDS = 5;
	/** The server itself waits at most 60 seconds for the end of a scan. */
	private const ANSWER_SECONDS = 70;
	private const JSON = '#^application/(problem\+)?json\s*(;|$)#i';

	public function __construct(
		private IClientService $clients,
		private ServerAddress $address,
		private LoggerInterface $logger,
	) {
	}

	/**
	 * @param string $path from OperationList::find, with the query string
	 * @param ?string $token sent as it is; null sends none
	 * @throws GatewayProblem server-not-configured, server-unreachable, unusable-answer
	 */
	public function send(Operation $operation, string $path, ?string $body, #[\SensitiveParameter] ?string $token): Answer {
		$url = $this->address->url() . $path;
		try {
			$client = $this->clients->newClient();
			$options = $this->options($body, $token);
			$response = $operation->method === 'POST' ? $client->post($url, $options) : $client->get($url, $options);
			return $this->read($response);
		} catch (GatewayProblem $problem) {
			$this->logger->error('VoiceAssist gave no usable answer to ' . $operation->method . ' ' . $operation->path);
			throw $problem;
		} catch (\Throwable $failure) {
			// Messages and traces of the client hold addresses and headers, so only the kind of failure is logged.
			$kind = get_class($failure);
			$this->logger->error('VoiceAssist did not answer ' . $operation->method . ' ' . $operation->path . ': ' . $kind);
			throw new GatewayProblem(502, 'server-unreachable', 'The VoiceAssist server does not answer.');
		}
	}

	/** @return array<string, mixed> */
	private function options(?string $body, #[\SensitiveParameter] ?string $token): array {
		$headers = [
			'Accept' => 'application/json, application/problem+json',
			// A packed answer could unpack to any size.
			'Accept-Encoding' => 'identity',
			'User-Agent' => 'VoiceAssist app of Nextcloud',
		];
		if ($token !== null) {
			$headers['Authorization'] = 'Bearer ' . $token;
		}
		if ($body !== null) {
			$headers['Content-Type'] = 'application/json';
		}
		return [
			'headers' => $headers,
			'connect_timeout' => self::CONNECT_SECONDS,
			'timeout' => self::ANSWER_SECONDS,
			'allow_redirects' => false,
			'http_errors' => false,
			'stream' => true,
			// The address comes from the administrator alone, and a server on the same network is the usual case.
			'nextcloud' => ['allow_local_address' => true],
		] + ($body === null ? [] : ['body' => $body]);
	}

	private function read(IResponse $response): Answer {
		$status = $response->getStatusCode();
		$isJson = preg_match(self::JSON, $response->getHeader('Content-Type'), $kind) === 1;
		if ($status < 200 || ($status >= 300 && $status < 400) || !$isJson) {
			throw new GatewayProblem(502, 'unusable-answer', 'What answers there is no VoiceAssist server.');
		}
		$body = $this->contents($response->getBody());
		$retryAfter = $response->getHeader('Retry-After');
		return new Answer(
			$status,
			($kind[1] ?? '') === '' ? 'application/json' : 'application/problem+json',
			$body,
			preg_match('/^[0-9]{1,6}$/D', $retryAfter) === 1 ? $retryAfter : null,
		);
	}

	/** @param string|resource $body */
	private function contents($body): string {
		$text = is_resource($body) ? stream_get_contents($body, self::MOST_ANSWER_BYTES + 1) : $body;
		if (!is_string($text) || strlen($text) > self::MOST_ANSWER_BYTES) {
			throw new GatewayProblem(502, 'unusable-answer', 'The answer of the VoiceAssist server is too large.');
		}
		return $text;
	}
}
