<?php

// SPDX-License-Identifier: AGPL-3.0-or-later
// The gateway without Nextcloud: php nextcloud-apps/tests/gateway-test.php. Prints a line for each claim and ends with 1
// when one of them does not hold. The few interfaces of Nextcloud that it uses are declared here.

declare(strict_types=1);

namespace OCP {
	interface IConfig {
		public function getAppValue($appName, $key, $default = '');
		public function getSystemValueString(string $key, string $default = ''): string;
	}
	interface ICache {
		public function get($key);
		public function set($key, $value, $ttl = 0);
	}
	interface ICacheFactory {
		public function createDistributed(string $prefix = ''): ICache;
	}
}

namespace OCP\Security {
	interface ICredentialsManager {
		public function store(string $userId, string $identifier, $credentials): void;
		public function retrieve(string $userId, string $identifier);
		public function delete(string $userId, string $identifier): int;
	}
	interface ISecureRandom {
		public const CHAR_ALPHANUMERIC = 'abcdefghijklmnopqrstuvwxyz0123456789';
		public function generate(int $length, string $characters = ''): string;
	}
}

namespace OCP\Http\Client {
	interface IResponse {
		public function getBody();
		public function getStatusCode(): int;
		public function getHeader(string $key): string;
	}
	interface IClient {
		public function get(string $uri, array $options = []): IResponse;
		public function post(string $uri, array $options = []): IResponse;
	}
	interface IClientService {
		public function newClient(): IClient;
	}
}

namespace Psr\Log {
	interface LoggerInterface {
		public function error($message, array $context = []): void;
	}
}

namespace OCA\VoiceAssistGateway\Tests {
	use OCA\VoiceAssistGateway\Gateway;
	use OCA\VoiceAssistGateway\GatewayProblem;
	use OCA\VoiceAssistGateway\OperationList;
	use OCA\VoiceAssistGateway\PendingConnection;
	use OCA\VoiceAssistGateway\ServerAddress;
	use OCA\VoiceAssistGateway\TokenStore;
	use OCA\VoiceAssistGateway\Upstream;
	use OCP\Http\Client\IClient;
	use OCP\Http\Client\IClientService;
	use OCP\Http\Client\IResponse;
	use OCP\ICache;
	use OCP\ICacheFactory;
	use OCP\IConfig;
	use OCP\Security\ICredentialsManager;
	use OCP\Security\ISecureRandom;
	use Psr\Log\LoggerInterface;

	const TOKEN = 'va_0123456789012345678901234567890123456789abc';
	const ID = '0199c2d4-7f0e-7c51-9f65-0d0c3a1b2e4f';

	spl_autoload_register(static function (string $class): void {
		$name = substr($class, strlen('OCA\\VoiceAssistGateway\\'));
		require_once __DIR__ . '/../gateway/lib/' . $name . '.php';
	});

	final class Response implements IResponse {
		/** @param array<string, string> $headers */
		public function __construct(
			private int $status,
			private string $body,
			private array $headers = ['Content-Type' => 'application/json; charset=utf-8'],
		) {
		}
		public function getBody() {
			$stream = fopen('php://temp', 'r+');
			fwrite($stream, $this->body);
			rewind($stream);
			return $stream;
		}
		public function getStatusCode(): int {
			return $this->status;
		}
		public function getHeader(string $key): string {
			return $this->headers[$key] ?? '';
		}
	}

	final class HttpClient implements IClientService, IClient {
		/** @var array<array{string, string, array<string, mixed>}> what was sent: method, address, options */
		public array $requests = [];
		public IResponse|\Exception $next;

		public function __construct() {
			$this->next = new Response(200, '{"n":1}');
		}
		public function newClient(): IClient {
			return $this;
		}
		public function get(string $uri, array $options = []): IResponse {
			return $this->answer('GET', $uri, $options);
		}
		public function post(string $uri, array $options = []): IResponse {
			return $this->answer('POST', $uri, $options);
		}
		private function answer(string $method, string $uri, array $options): IResponse {
			$this->requests[] = [$method, $uri, $options];
			if ($this->next instanceof \Exception) {
				throw $this->next;
			}
			return $this->next;
		}
	}

	final class MemoryCache implements ICacheFactory, ICache {
		/** @var array<string, mixed> */
		private array $values = [];
		public function createDistributed(string $prefix = ''): ICache {
			return $this;
		}
		public function get($key) {
			return $this->values[$key] ?? null;
		}
		public function set($key, $value, $ttl = 0) {
			$this->values[$key] = $value;
		}
	}

	/** A gateway of one app in a Nextcloud that is all in memory. */
	final class World implements IConfig, ICredentialsManager, ISecureRandom, LoggerInterface {
		/** @var array<string, string> */
		public array $app = ['server_url' => 'https://voiceassist.example'];
		/** @var array<string, string> */
		public array $system = [];
		/** @var array<string, mixed> */
		public array $credentials = [];
		public string $log = '';
		public HttpClient $http;
		public Gateway $gateway;

		public function __construct(string $app = 'voiceassist_client') {
			$this->http = new HttpClient();
			$address = new ServerAddress($this, $app);
			$this->gateway = new Gateway(
				new OperationList(__DIR__ . "/../$app/appinfo/operations.json"),
				$address,
				new TokenStore($this, $app),
				new PendingConnection($this, $this, $app),
				new Upstream($this->http, $address, $this),
				new MemoryCache(),
			);
		}
		public static function connected(): self {
			$world = new self();
			$world->gateway->connect('ada', TOKEN);
			$world->http->requests = [];
			return $world;
		}
		public function call(string $method, string $route, array $query = [], string $body = ''): string {
			return self::outcome(fn () => $this->gateway->call('ada', $method, $route, $query, $body));
		}
		/** "200 body" or "status code" of the problem. */
		public static function outcome(callable $work): string {
			try {
				$answer = $work();
				return $answer === null ? 'done' : "{$answer->status} {$answer->body}";
			} catch (GatewayProblem $problem) {
				return "{$problem->status} {$problem->problemCode}";
			}
		}
		public function getAppValue($appName, $key, $default = '') {
			return $this->app[$key] ?? $default;
		}
		public function getSystemValueString(string $key, string $default = ''): string {
			return $this->system[$key] ?? $default;
		}
		public function store(string $userId, string $identifier, $credentials): void {
			$this->credentials["$userId/$identifier"] = $credentials;
		}
		public function retrieve(string $userId, string $identifier) {
			return $this->credentials["$userId/$identifier"] ?? null;
		}
		public function delete(string $userId, string $identifier): int {
			unset($this->credentials["$userId/$identifier"]);
			return 1;
		}
		public function generate(int $length, string $characters = ''): string {
			return substr(bin2hex(random_bytes($length)), 0, $length);
		}
		public function error($message, array $context = []): void {
			$this->log .= $message . json_encode($context);
		}
	}

	final class Claims {
		private static int $broken = 0;
		public static function equal(string $claim, mixed $actual, mixed $expected): void {
			$holds = $actual === $expected;
			self::$broken += $holds ? 0 : 1;
			echo $holds ? 'ok' : 'NOT OK', " - $claim\n";
			if (!$holds) {
				echo '  expected ', json_encode($expected), "\n  but was  ", json_encode($actual), "\n";
			}
		}
		public static function end(): void {
			exit(self::$broken === 0 ? 0 : 1);
		}
	}

	// What is sent.
	$world = World::connected();
	$world->call('GET', 'documents', ['limit' => '5', 'cursor' => 'a&b=c d']);
	[[$method, $url, $options]] = $world->http->requests;
	Claims::equal('a query is passed on, encoded', "$method $url", 'GET https://voiceassist.example/api/documents?limit=5&cursor=a%26b%3Dc%20d');
	Claims::equal('the token of the user goes along', $options['headers']['Authorization'], 'Bearer ' . TOKEN);
	Claims::equal('no redirect is followed', $options['allow_redirects'], false);
	Claims::equal('every request ends', $options['timeout'] > 0 && $options['connect_timeout'] > 0, true);
	$world->call('POST', 'realtime/query', [], '{"query":"x"}');
	Claims::equal('a body is passed on as JSON', [$world->http->requests[1][2]['body'], $world->http->requests[1][2]['headers']['Content-Type']], ['{"query":"x"}', 'application/json']);
	$world->call('POST', 'integrations/files/scan-and-index', [], '{"stray":1}');
	Claims::equal('an operation without a body gets none', isset($world->http->requests[2][2]['body']), false);
	Claims::equal('a document is found by its id', $world->call('GET', 'documents/' . ID), '200 {"n":1}');

	// What cannot be reached.
	$world = World::connected();
	foreach ([
		['GET', 'users/me'], ['POST', 'documents'], ['DELETE', 'documents/' . ID], ['GET', 'documents/../users/me'],
		['GET', 'documents/' . ID . '/..'], ['GET', 'documents/%2e%2e'], ['GET', "documents\n"], ['GET', '/documents'],
		['GET', 'documents/'], ['GET', ''], ['GET', 'api/documents'], ['GET', 'documents?x=1'], ['GET', 'DOCUMENTS'],
		['GET', 'documents/' . strtoupper(ID)], ['GET', 'jobs/' . ID . '/events'], ['HEAD', 'documents'],
	] as [$method, $route]) {
		Claims::equal('out of reach: ' . json_encode("$method $route"), $world->call($method, $route), '404 unknown-operation');
	}
	foreach ([['user_id' => '1'], ['limit' => ['1']], ['cursor' => str_repeat('a', 5_000)], [0 => 'x']] as $query) {
		Claims::equal('refused query: ' . substr(json_encode($query), 0, 40), $world->call('GET', 'documents', $query), '422 bad-parameter');
	}
	Claims::equal('a body is bounded', $world->call('POST', 'realtime/query', [], str_repeat('a', 65_537)), '413 request-too-large');
	Claims::equal('none of these was sent', $world->http->requests, []);

	// What comes back.
	$world = World::connected();
	$json = ['Content-Type' => 'application/problem+json; charset=utf-8', 'Retry-After' => '7'];
	$world->http->next = new Response(429, '{"code":"rate-limited"}', $json);
	$answer = $world->gateway->call('ada', 'GET', 'jobs', [], '');
	Claims::equal('status, kind and Retry-After are passed on', [$answer->status, $answer->mediaType, $answer->retryAfter], [429, 'application/problem+json', '7']);
	$world->http->next = new Response(503, '{}', ['Retry-After' => "1\r\nX: y"] + $json);
	Claims::equal('a Retry-After that is no number is dropped', $world->gateway->call('ada', 'GET', 'jobs', [], '')->retryAfter, null);
	$world->http->next = new Response(401, '{"code":"unauthenticated"}', $json);
	Claims::equal('a refused token is no 401 of Nextcloud', $world->call('GET', 'jobs'), '409 token-refused');
	foreach ([
		'HTML' => new Response(200, '<script>', ['Content-Type' => 'text/html']),
		'no type' => new Response(200, '{}', []),
		'JSON by the sound of it' => new Response(200, '{}', ['Content-Type' => 'application/jsonp']),
		'a redirect' => new Response(302, '{}', ['Content-Type' => 'application/json', 'Location' => 'https://elsewhere.example']),
		'more than 4 MiB' => new Response(200, str_repeat('a', Upstream::MOST_ANSWER_BYTES + 1)),
	] as $what => $response) {
		$world->http->next = $response;
		Claims::equal("no usable answer: $what", $world->call('GET', 'jobs'), '502 unusable-answer');
	}
	$world->http->next = new \RuntimeException('cURL error 7 for https://voiceassist.example, Authorization: Bearer ' . TOKEN);
	Claims::equal('an unreachable server is said to be one', $world->call('GET', 'jobs'), '502 server-unreachable');
	Claims::equal('the log holds no token and no address', str_contains($world->log, TOKEN) || str_contains($world->log, 'voiceassist.example'), false);
	Claims::equal('the log holds the kind of failure', str_contains($world->log, 'GET /api/jobs: RuntimeException'), true);

	// Connecting.
	$world = new World();
	Claims::equal('nothing is sent without a token', [$world->call('GET', 'jobs'), $world->http->requests], ['409 not-connected', []]);
	foreach (['', 'va_short', 'eyJhbGciOiJIUzI1NiJ9.e30.x', TOKEN . 'a', TOKEN . "\n", ' ' . TOKEN] as $token) {
		$outcome = World::outcome(fn () => $world->gateway->connect('ada', $token));
		Claims::equal('no personal token: ' . json_encode($token), $outcome, '422 token-malformed');
	}
	Claims::equal('what is no token is not tried', $world->http->requests, []);
	foreach ([401 => '422 token-refused', 403 => '422 token-lacks-scope', 500 => '502 server-unreachable', 404 => '502 server-unreachable'] as $status => $expected) {
		$world->http->next = new Response($status, '{}');
		Claims::equal("a token that gets $status is not kept", [World::outcome(fn () => $world->gateway->connect('ada', TOKEN)), $world->credentials], [$expected, []]);
	}
	$world->http->next = new Response(200, '{}');
	$world->gateway->connect('ada', TOKEN);
	Claims::equal('a good token is kept', $world->gateway->state('ada')['connected'], true);
	Claims::equal('the state for the page holds no token', str_contains(json_encode($world->gateway->state('ada')), TOKEN), false);
	Claims::equal('the token of one user serves no other', World::outcome(fn () => $world->gateway->call('bob', 'GET', 'jobs', [], '')), '409 not-connected');
	$world->app['server_url'] = 'https://elsewhere.example';
	$world->http->requests = [];
	Claims::equal('a token goes to no other server', [$world->call('GET', 'jobs'), $world->http->requests], ['409 not-connected', []]);
	$world->app['server_url'] = 'https://voiceassist.example/';
	Claims::equal('a slash at the end is the same server', $world->call('GET', 'jobs'), '200 {}');
	$world->gateway->disconnect('ada');
	Claims::equal('a token that is taken back is gone', [$world->call('GET', 'jobs'), $world->credentials], ['409 not-connected', []]);

	// Connecting with the button.
	$redirect = 'https://cloud.example/index.php/apps/voiceassist_client/connected';
	$world = new World();
	$begin = static function (World $world) use ($redirect): array {
		$url = $world->gateway->beginConnection('ada', 'voiceassist_client', $redirect);
		parse_str((string)parse_url($url, PHP_URL_QUERY), $query);
		return [strtok($url, '?'), $query];
	};
	[$page, $query] = $begin($world);
	Claims::equal('the browser goes to the page of the server', [$page, $query['app'], $query['redirect_uri']], ['https://voiceassist.example/account/connect', 'voiceassist_client', $redirect]);
	Claims::equal('a challenge of 43 characters and a state go along', [strlen($query['code_challenge']), strlen($query['state'])], [43, 32]);
	$complete = static fn (World $world, string $code, string $state, string $user = 'ada'): string =>
		World::outcome(fn () => $world->gateway->completeConnection($user, $code, $state));
	$world->http->next = new Response(201, '{"token":"' . TOKEN . '"}');
	foreach (['another state' => ['ot_x', 'other', 'ada'], 'no code' => ['', $query['state'], 'ada'], 'another user' => ['ot_x', $query['state'], 'bob']] as $what => [$code, $state, $user]) {
		$world = new World();
		[, $query2] = $begin($world);
		Claims::equal("refused and not sent: $what", [$complete($world, $code, $what === 'another state' ? $state : $query2['state'], $user), $world->http->requests], ['422 connection-refused', []]);
	}
	$world = new World();
	[, $query] = $begin($world);
	$verifier = $world->credentials['ada/voiceassist_client/pending']['verifier'];
	$world->http->next = new Response(410, '{}');
	Claims::equal('a code that the server refuses connects nothing', [$complete($world, 'ot_x', $query['state']), $world->gateway->state('ada')['connected']], ['422 connection-refused', false]);
	Claims::equal('the code goes with its verifier, without a token', [$world->http->requests[0][1], json_decode($world->http->requests[0][2]['body'], true), isset($world->http->requests[0][2]['headers']['Authorization'])], ['https://voiceassist.example/api/auth/tokens/exchange', ['code' => 'ot_x', 'code_verifier' => $verifier], false]);
	Claims::equal('a state is good once', $complete($world, 'ot_x', $query['state']), '422 connection-refused');
	$world->credentials['ada/voiceassist_client/token'] = ['server' => 'https://voiceassist.example', 'token' => TOKEN];
	$world->http->requests = [];
	$world->gateway->disconnect('ada');
	Claims::equal('disconnecting gives the token up at the server', [$world->http->requests[0][1], $world->http->requests[0][2]['body'], $world->credentials], ['https://voiceassist.example/api/auth/tokens/revoke', '{"token":"' . TOKEN . '"}', []]);
	$world->app['public_url'] = 'https://public.example/';
	Claims::equal('browsers go to the public address', $begin($world)[0], 'https://public.example/account/connect');

	// The address of the server.
	foreach ([
		'https://voiceassist.example' => true, 'https://voiceassist.example:8443/behind/a.path/' => true,
		'http://127.0.0.1:8000' => true, 'http://localhost:8000' => true, 'http://[::1]:8000' => true,
		'' => false, 'voiceassist.example' => false, 'http://voiceassist.example' => false, 'http://127.0.0.1.example' => false,
		'http://localhost.example' => false, 'https://user:word@voiceassist.example' => false, 'https://a.example?x=1' => false,
		'https://a.example/#x' => false, 'https://a.example/../b' => false, 'file:///etc/passwd' => false, "https://a.example\n" => false,
		'https://a.example\\@b.example' => false,
	] as $url => $isGood) {
		$world = new World();
		$world->app['server_url'] = $url;
		Claims::equal(($isGood ? 'an' : 'no') . ' address: ' . json_encode($url), $world->gateway->state('ada')['server'] !== '', $isGood);
	}
	$world = new World();
	$world->app = ['server_url' => 'http://voiceassist:8000', 'allow_http' => 'yes'];
	Claims::equal('http where the administrator allows it', $world->gateway->state('ada')['server'], 'http://voiceassist:8000');
	$world->app = [];
	$world->system = ['voiceassist_server_url' => 'https://one.example'];
	Claims::equal('one address for all apps', $world->gateway->state('ada')['server'], 'https://one.example');
	$world->system = [];
	Claims::equal('an app without an address says how to set it', [$world->call('GET', 'jobs'), str_contains($world->gateway->state('ada')['fault'], 'occ')], ['503 server-not-configured', true]);

	// Operations without a token.
	$world = new World('voiceassist_admin');
	$world->gateway->connect('ada', TOKEN);
	$world->http->requests = [];
	$world->call('GET', 'health');
	Claims::equal('the open operations get no token', [$world->http->requests[0][1], isset($world->http->requests[0][2]['headers']['Authorization'])], ['https://voiceassist.example/health', false]);
	$world = new World('voiceassist_docs');
	Claims::equal('the reference asks for no token', $world->gateway->state('ada')['scopes'], []);
	$world->http->next = new Response(500, '{}');
	$world->call('GET', 'openapi.json');
	$world->http->next = new Response(200, '{"openapi":"3"}');
	$world->call('GET', 'openapi.json');
	Claims::equal('a good answer is given again, a bad one is not', [$world->call('GET', 'openapi.json'), count($world->http->requests)], ['200 {"openapi":"3"}', 2]);
	$world->app['server_url'] = 'https://elsewhere.example';
	$world->call('GET', 'openapi.json');
	Claims::equal('the answer of another server is another one', count($world->http->requests), 3);

	Claims::end();
}
