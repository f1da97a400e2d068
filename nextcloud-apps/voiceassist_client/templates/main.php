<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
/** @var array $_ */
?>
<div id="voiceassist"
	data-app-url="<?php p($_['appUrl']); ?>"
	data-connected="<?php p($_['connected'] ? 'yes' : 'no'); ?>"
	data-fault="<?php p($_['fault']); ?>"
	data-files-url="<?php p($_['filesUrl']); ?>">
	<h2>Ask your documents</h2>
	<?php if ($_['fault'] !== '') { ?><p class="voiceassist-fault"><?php p($_['fault']); ?></p><?php } ?>
	<p id="voiceassist-status" role="status" aria-live="polite"></p>
	<?php print_unescaped($this->inc('connection')); ?>
	<form id="voiceassist-question" class="voiceassist-panel" data-needs-connection hidden>
		<label for="voiceassist-query">Question</label>
		<textarea id="voiceassist-query" rows="3" maxlength="2000" required></textarea>
		<button type="submit" class="primary">Ask</button>
	</form>
	<section id="voiceassist-answer" class="voiceassist-panel" aria-labelledby="voiceassist-answer-heading" hidden>
		<h3 id="voiceassist-answer-heading" tabindex="-1">Answer</h3>
		<p id="voiceassist-degraded" hidden>A part of the search is away at the moment: the answer may miss something.</p>
		<p id="voiceassist-answer-text"></p>
		<ol id="voiceassist-citations"></ol>
	</section>
	<section class="voiceassist-panel" data-needs-connection hidden>
		<h3>Indexed documents</h3>
		<p id="voiceassist-documents-summary"></p>
		<ul id="voiceassist-documents"></ul>
		<button id="voiceassist-scan" type="button">Look for new documents</button>
	</section>
	<button id="voiceassist-disconnect" type="button" hidden>Disconnect</button>
</div>
