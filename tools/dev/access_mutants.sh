#!/usr/bin/env bash
# access_mutants.sh: breaks each step of verification in the access plane, one after the other, and expects the tests of
# its module to turn red each time. Part of ./dev check.
cd "$(dirname "$0")/../.."
. tools/dev/mutate.sh

# step MODULE NAME FILE OLD NEW, the file below src/MODULE
step() {
  local module=$1 target=swarma_${1//\//_}_test
  mutant "$2" "src/$module/$3" "$4" "$5" "$target" "build/release/src/$target" --gtest_brief=1
}
for module in crypto access/policy access/pass access/attest access/grant; do
  sound "swarma_${module//\//_}_test" "build/release/src/swarma_${module//\//_}_test" --gtest_brief=1
done

# Signatures and proofs of possession
step crypto "signatures are not checked" jws.cpp 'if (!verify(signer, view(parts.signed_text), *signature))' 'if (false)'
step crypto "any type of object will do" jws.cpp 'if (!is_text(header, "typ", typ))' 'if (false)'
step crypto "critical extensions are ignored" jws.cpp 'if (header.contains("crit"))' 'if (false)'
step crypto "a proof is good for any method" dpop.cpp 'if (!method || *method != expected.method)' 'if (!method)'
step crypto "a proof is good at any time" dpop.cpp 'if (off > kDpopSkew)' 'if (false)'
step crypto "a proof needs no fresh nonce" dpop.cpp 'if (!nonces.accepts(verified.nonce, now)) return nonce_needed();' ''

# Policy: what is met, and where and when
step access/policy "a leaf needs no trust" evaluate.cpp 'accepted && best.trust >= leaf.min_trust' 'accepted'
step access/policy "any issuer will do" evaluate.cpp 'if (policy.accepts_issuer(proof.issuer, facts.default_issuers))' 'if (true)'
step access/policy "denied issuers are accepted" parse.cpp 'if (has(denied_issuers_)) return false;' ''
step access/policy "one of all is enough" evaluate.cpp 'return std::all_of(expression.children.begin()' 'return std::any_of(expression.children.begin()'
step access/policy "a score is not compared" evaluate.cpp 'if (decision.score < path.score->threshold)' 'if (false)'
step access/policy "denied countries are let in" evaluate.cpp 'else if (has(geo.deny)' 'else if (false'
step access/policy "it is never too early" evaluate.cpp 'from && facts.now < *from' 'from && false'
step access/policy "it is never too late" evaluate.cpp 'path.grants.until->has_passed(facts.now)' 'false'
step access/policy "plays are not limited" evaluate.cpp 'use->second.unlocks >= path.grants.max_plays' 'false'
step access/policy "no cooldown" evaluate.cpp '!rest.has_passed(facts.now)' 'false'

# Grants
step access/policy "a grant is for any title" grant_claims.cpp 'if (claims.title != expected.title)' 'if (false)'
step access/policy "a grant is for any viewer" grant_claims.cpp 'if (claims.viewer != expected.viewer)' 'if (false)'
step access/policy "a grant is for any revision" grant_claims.cpp 'if (claims.revision != expected.revision)' 'if (false)'
step access/policy "a grant holds under other terms" grant_claims.cpp 'if (claims.policy_hash != expected.policy_hash)' 'if (false)'
step access/policy "a grant does not end" grant_claims.cpp 'if (end.has_passed(expected.now))' 'if (false)'
step access/grant "more slots than the way opens" local_key_agent.cpp '|| !terms.slots.contains(order.slots)' ''
step access/grant "more slots than one grant opens" local_key_agent.cpp 'if (order.slots.size() > terms.window_slots)' 'if (false)'
step access/grant "an unlock goes on by another way" local_key_agent.cpp 'if (previous.path != order.path)' 'if (false)'
step access/grant "the agent believes that terms are met" local_key_agent.cpp 'if (!decision.met) return fail(' 'if (false) return fail('
step access/grant "the agent opens titles of others" local_key_agent.cpp \
  'if (!(record.agent.signer == signing.did()) || !(record.agent.encryption == decryption.encryption_key()))' 'if (false)'
step access/grant "grants are not counted" unlocks.cpp '($3 = 0 OR grants < $3)' '($3 = $3)'
step access/grant "unlocks are not counted" unlocks.cpp 'WHERE grant_path_uses.unlocks = $5' 'WHERE $5 = $5'
step access/grant "a revoked unlock rolls on" unlocks.cpp 'viewer = $2 AND revoked_at "
                             "IS NULL AND' 'viewer = $2 AND ('
step access/grant "unlocks roll on for anybody" unlocks.cpp 'unlock_id = $1 AND viewer = $2' 'unlock_id = $1 AND $2 = $2'

# A key agent elsewhere, and the fabric that it answers
step access/grant "an agent believes any request" home_agent.cpp 'if (digest != to_base64url(crypto::sha256(view(request))))' 'if (false)'
step access/grant "an agent takes requests of any time" home_agent.cpp 'if (!is_near(made, now))' 'if (false)'
step access/grant "an agent takes any time for its own" home_agent.cpp 'if (is_near(fabrics, clock_.now())) return {};' 'return {};'
step access/grant "an agent's proof is for any connection" agent_messages.cpp 'if (claimed_nonce != nonce)' 'if (false)'
step access/grant "an agent's proof is for any address" agent_messages.cpp \
  'if (std::ranges::find(own_urls, audience) == own_urls.end())' 'if (false)'
step access/grant "any agent answers an order" remote_agents.cpp '|| found->second.line != line' ''
step access/grant "an agent grants to another viewer" remote_agents.cpp '|| claims.viewer != ordered.viewer' ''
step access/grant "an agent grants other slots" remote_agents.cpp 'claims.slots != ordered.slots || ' ''
step access/grant "an agent goes on with another unlock" remote_agents.cpp 'if (previous.unlock_id != claims.unlock_id)' 'if (false)'
step access/grant "an agent gives another pass" remote_agents.cpp 'given.id != ordered.pass_id || ' ''
step access/grant "an acceptance is for any title" acceptance.cpp \
  'if (record_digest != digest(record_jws) || sealed_digest != digest(sealed))' 'if (false)'

# Attestations
step access/attest "an attestation needs no signature" attestation.cpp 'if (auto verified = crypto::verify_jws(jws, crypto::kAttestationTyp, claimed.issuer, kMaxAttestationBytes); !verified)' \
  'if (auto verified = crypto::verify_jws(jws, crypto::kAttestationTyp, claimed.issuer, kMaxAttestationBytes); false)'
step access/attest "a digest is not compared" attestation.cpp 'rows.front().text(0) != digest' 'false'
step access/attest "an attestation is by any issuer" attestation.cpp 'if (!expected.accepts(attestation.issuer))' 'if (false)'
step access/attest "an attestation is for any viewer" attestation.cpp 'if (attestation.subject != expected.viewer)' 'if (false)'
step access/attest "an attestation is for any title" attestation.cpp 'if (attestation.title != expected.title)' 'if (false)'
step access/attest "an attestation does not expire" attestation.cpp 'attestation.expires_at.has_passed(expected.now)' 'false'
step access/attest "a revoked attestation counts" attestation.cpp ' AND attestations.revoked_at IS NULL' ''
step access/attest "an action is anybody's" actions.cpp 'WHERE action_id = $1 AND viewer = $2 AND completed_at IS NULL "' \
  'WHERE action_id = $1 AND $2 = $2 AND completed_at IS NULL "'
step access/attest "tries are not limited" actions.cpp 'AND tries < $4' 'AND $4 = $4'

# Verifiers
step access/attest "another sentence is accepted" goodwill.cpp "if (hash != to_base64url(crypto::sha256(view(text))))" 'if (false)'
step access/attest "a puzzle needs no work" puzzle.cpp 'if (found < bits)' 'if (false)'
step access/attest "any answer of a person will do" human.cpp 'if (std::ranges::none_of(*answers' 'if (false && std::ranges::none_of(*answers'
step access/attest "any code will do" code.cpp 'if (!hash) return fail(' 'if (false) return fail('
step access/attest "beats may be sent ahead" ad.cpp 'if (!crypto::equal_in_constant_time(view(nonce), view(watched.nonce)))' 'if (false)'
step access/attest "a pause is watching" ad.cpp '&& since <= kLongestBeat' ''
step access/attest "a viewer watches two ads at once" ad.cpp 'if (mine == 0)' 'if (false)'
step access/attest "a revoked pass of another node counts" foreign_passes.cpp 'if ((*list)->get(index))' 'if (false)'

step access/attest "an account opens a title for everybody" sole_account.cpp 'WHERE attest_accounts.viewer = excluded.viewer' ''

# Accounts of other platforms
step access/attest "an ID token needs no signature" id_token.cpp 'if (key.key.verify(algorithm, view(parts.signed_text), parts.signature))' 'if (true)'
step access/attest "an ID token is of any issuer" id_token.cpp 'if (claims.text("iss", 2048).value_or("") != expected.issuer)' 'if (false)'
step access/attest "an ID token is for anybody" id_token.cpp 'if (std::ranges::find(audiences, client_id) == audiences.end())' 'if (false)'
step access/attest "an ID token was asked for by anybody" id_token.cpp 'if (needs_azp &&' 'if (false &&'
step access/attest "an ID token does not expire" id_token.cpp 'Expiry(*expires).has_passed(now - kTokenClockSkew)' 'false'
step access/attest "an ID token is for any sign-in" id_token.cpp 'if (!crypto::equal_in_constant_time(view(nonce), view(expected.nonce)))' 'if (false)'
step access/attest "an ID token is of any age" id_token.cpp 'Instant(*issued) < now - kMaxIdTokenAge' 'false'
step access/attest "an ID token goes with any access token" id_token.cpp 'if (claims.at("at_hash") !=' 'if (false && claims.at("at_hash") !='

# Passes
step access/pass "a pass needs no signature" pass.cpp 'const auto verified = crypto::verify_jws(jws, crypto::kCredentialTyp, claimed->issuer, kMaxPassBytes); !verified)' \
  'const auto verified = crypto::verify_jws(jws, crypto::kCredentialTyp, claimed->issuer, kMaxPassBytes); false)'
step access/pass "a pass is by any creator" pass.cpp 'if (crypto::thumbprint(claimed->issuer.public_key()) != expected.issuer_jkt)' 'if (false)'
step access/pass "a pass is anybody's" pass.cpp 'if (pass.subject != expected.holder)' 'if (false)'
step access/pass "a pass is of any tier" pass.cpp 'if (pass.tier != expected.tier)' 'if (false)'
step access/pass "a pass is for any title" pass.cpp 'if (!pass.covers(expected.title))' 'if (false)'
step access/pass "a pass does not end" pass.cpp 'if (pass.valid_until.has_passed(expected.now))' 'if (false)'
step access/pass "a holder's proof is for any viewer" holder.cpp 'if (!viewer || *viewer != expected.viewer)' 'if (false)'
step access/pass "a holder's proof is for anything" holder.cpp 'if (!nonce || *nonce != expected.nonce)' 'if (false)'
step access/grant "a revoked pass still opens" unlocks.cpp 'SELECT 1 FROM grant_revoked_bases WHERE basis = $1' \
  'SELECT 1 FROM grant_revoked_bases WHERE basis = $1 AND 1 = 0'
step access/grant "no pass ends what it opened" unlocks.cpp 'UPDATE grant_unlocks SET revoked_at = $2 WHERE unlock_id = $1 AND' \
  'UPDATE grant_unlocks SET revoked_at = $2 WHERE 1 = 0 AND unlock_id = $1 AND'
exit $failed
