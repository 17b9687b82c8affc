#!/usr/bin/env bash
# mutants.sh: takes away, one after the other, each record of something that may be used once, in a copy of the sources
# under build/mutants, and expects the table of tests/node/once_test.cpp to turn red each time; then each check of mails,
# with tests/node/email_test.cpp. Part of ./dev check.
cd "$(dirname "$0")/../.."
. tools/dev/mutate.sh

table=(build/release/tests/node/swarma_node_tests --gtest_brief=1 --gtest_filter='Engines/Once.*/Sqlite')
sound swarma_node_tests "${table[@]}"
once_mutant() {
  mutant "$@" swarma_node_tests "${table[@]}"
}

once_mutant "a proof is recorded anew" src/once/proofs.cpp 'ON CONFLICT (proof) DO NOTHING' \
  'ON CONFLICT (proof) DO UPDATE SET issued_at = excluded.issued_at'
once_mutant "forgotten proofs are fresh" src/once/proofs.cpp 'WHERE $2 > (SELECT issued_at FROM once_proof_floor)' 'WHERE $2 > 0'
once_mutant "proofs are not recorded" src/api/door.cpp \
  'if (entry.auth != Auth::Anybody) SWARMA_RETURN_IF_ERROR(once::record_proof(p_.database, caller.proof));' ''
once_mutant "proofs of streamed bodies are not recorded" src/api/door.cpp \
  'SWARMA_RETURN_IF_ERROR(once::record_proof(p_.database, caller.proof));
    return entry.sink' 'return entry.sink'
once_mutant "kept answers use up no proof" src/api/door.cpp 'Result<void> fresh = once::record_proof(p_.database, call.caller.proof)' \
  'Result<void> fresh'
once_mutant "proofs of key requests are not recorded" src/access/grant/broker.cpp \
  'if (request.proof) SWARMA_RETURN_IF_ERROR(once::record_proof(session, *request.proof));' ''
once_mutant "attestations are not used up" src/access/attest/attestation.cpp 'attestations.used_at IS NULL AND ' ''
once_mutant "actions do not end" src/access/attest/actions.cpp 'UPDATE actions SET completed_at = $2 WHERE' \
  'UPDATE actions SET tries = $2 - $2 WHERE'
once_mutant "links are not used up" src/api/links.cpp 'UPDATE sign_in_links SET used_at = $2 WHERE' \
  'UPDATE sign_in_links SET expires_at = expires_at + $2 - $2 WHERE'
once_mutant "uses of codes are not counted" src/access/attest/code.cpp 'SET uses = uses + $4 WHERE' 'SET uses = uses + 0 * $4 WHERE'
once_mutant "answers are not kept" src/once/answers.cpp 'UPDATE once_answers SET status = $4' 'UPDATE once_answers SET status = 0 * $4'
once_mutant "offsets of uploads are not compared" src/content/publish/spool.cpp 'if (offset != upload.offset)' 'if (offset > upload.length)'

# Codes and links of mails
mails=(build/release/tests/node/swarma_node_tests --gtest_brief=1 --gtest_filter='Engines/EmailTest.*/Sqlite')
sound swarma_node_tests "${mails[@]}"
mail_mutant() {
  mutant "$1" "src/access/attest/$2" "$3" "$4" swarma_node_tests "${mails[@]}"
}

mail_mutant "codes of mails are not compared" email.cpp '!fits(context, "code", code, state.code_hash)' 'false'
mail_mutant "codes of mails last" email.cpp 'if (!code.empty() && state.expires_at.has_passed(context.now))' 'if (false)'
mail_mutant "tokens of links are not compared" email.cpp '!fits(context, "token", token, state.token_hash) ||' ''
mail_mutant "links last" email.cpp 'state.token_hash) || state.expires_at.has_passed(context.now))' 'state.token_hash))'
mail_mutant "looking at a link confirms" email.cpp 'message.value("method", "") != "POST"' 'false'
mail_mutant "mailboxes are not counted" email_limits.cpp 'if (!mailbox_full) SWARMA' 'if (false) SWARMA'
mail_mutant "spellings are mailboxes" email.cpp 'order->address.mailbox()' 'order->address.text()'
mail_mutant "another mail leaves at once" email_limits.cpp 'named("action", context.action_id, 1,' \
  'named("action", context.action_id, 9,'
exit $failed
