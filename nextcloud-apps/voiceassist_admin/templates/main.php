<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
/** @var array $_ */
?>
<div id="voiceassist"
	data-app-url="<?php p($_['appUrl']); ?>"
	data-connected="<?php p($_['connected'] ? 'yes' : 'no'); ?>"
	data-fault="<?php p($_['fault']); ?>">
	<h2>VoiceAssist status</h2>
	<?php if ($_['fault'] !== '') { ?><p class="voiceassist-fault"><?php p($_['fault']); ?></p><?php } ?>
	<p id="voiceassist-status" role="status" aria-live="polite"></p>
	<section class="voiceassist-panel" aria-labelledby="voiceassist-health-heading">
		<h3 id="voiceassist-health-heading">Server</h3>
		<p><?php p($_['server']); ?></p>
		<p id="voiceassist-health"></p>
		<table id="voiceassist-dependencies" hidden>
			<caption class="hidden-visually">What the server depends on</caption>
			<thead><tr><th scope="col">Dependency</th><th scope="col">Status</th><th scope="col">Needed</th><th scope="col">Answered in</th></tr></thead>
			<tbody></tbody>
		</table>
		<button id="voiceassist-refresh" type="button">Refresh</button>
	</section>
	<section class="voiceassist-panel" data-needs-connection hidden aria-labelledby="voiceassist-doctor-heading">
		<h3 id="voiceassist-doctor-heading">The way from VoiceAssist to Nextcloud</h3>
		<p id="voiceassist-doctor-summary"></p>
		<dl id="voiceassist-findings"></dl>
		<button id="voiceassist-examine" type="button">Check it</button>
	</section>
	<section class="voiceassist-panel" data-needs-connection hidden aria-labelledby="voiceassist-all-heading">
		<h3 id="voiceassist-all-heading">The work of all users</h3>
		<p id="voiceassist-idle" hidden>Nothing waits and nothing runs.</p>
		<table id="voiceassist-open" hidden>
			<caption>Open jobs</caption>
			<thead><tr><th scope="col">Kind</th><th scope="col">Running</th><th scope="col">In the queue</th><th scope="col">Longest wait</th><th scope="col">Waiting for another server</th></tr></thead>
			<tbody></tbody>
		</table>
		<p id="voiceassist-no-failures" hidden>No job has failed in the last 24 hours.</p>
		<table id="voiceassist-failures" hidden>
			<caption>Failed in the last 24 hours, by cause</caption>
			<thead><tr><th scope="col">Kind</th><th scope="col">Cause</th><th scope="col">Jobs</th><th scope="col">Users</th><th scope="col">Last</th></tr></thead>
			<tbody></tbody>
		</table>
	</section>
	<section class="voiceassist-panel" data-needs-connection hidden aria-labelledby="voiceassist-jobs-heading">
		<h3 id="voiceassist-jobs-heading">My jobs</h3>
		<p id="voiceassist-no-jobs" hidden>No jobs.</p>
		<table id="voiceassist-jobs" hidden>
			<caption class="hidden-visually">My latest jobs, the newest first</caption>
			<thead><tr><th scope="col">Kind</th><th scope="col">State</th><th scope="col">Progress</th><th scope="col">Made</th><th scope="col">Ended</th></tr></thead>
			<tbody></tbody>
		</table>
	</section>
	<?php print_unescaped($this->inc('connection')); ?>
	<button id="voiceassist-disconnect" type="button" hidden>Disconnect</button>
</div>
