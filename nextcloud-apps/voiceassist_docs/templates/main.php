<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
/** @var array $_ */
?>
<div id="voiceassist"
	data-app-url="<?php p($_['appUrl']); ?>"
	data-connected="<?php p($_['connected'] ? 'yes' : 'no'); ?>"
	data-fault="<?php p($_['fault']); ?>">
	<h2>VoiceAssist API</h2>
	<?php if ($_['fault'] !== '') { ?><p class="voiceassist-fault"><?php p($_['fault']); ?></p><?php } ?>
	<p id="voiceassist-status" role="status" aria-live="polite"></p>
	<div id="voiceassist-reference" hidden>
		<p id="voiceassist-description"></p>
		<label for="voiceassist-filter">Filter</label>
		<input id="voiceassist-filter" type="search" placeholder="documents, POST, knowledge:query">
		<p id="voiceassist-count" role="status"></p>
		<div id="voiceassist-operations"></div>
	</div>
</div>
