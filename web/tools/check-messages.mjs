// Message files (src/messages/<feature>/<language>.json): in every feature each language has exactly the keys of English, the same
// placeholders, and all plural forms of its language; every key is used, and only where its words are loaded; every problem
// that has a message is one that the node or the client library says. Exit 1 with a list otherwise.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = new URL('../src', import.meta.url).pathname;
const folder = join(root, 'messages');
const complaints = [];
/** Messages that read the same in another language. */
const kSame = new Set([
  'app.name',
  'builder.variant.crypto_payment.cashu',
  'builder.variant.crypto_payment.lightning',
  'builder.variant.social_like.activitypub',
  'builder.variant.social_like.nostr',
  'terms.group',
  'film.lines',
  'nav.studio',
  'player.label',
  'player.speed.normal',
  'requirement.allowlist_token.step.label',
  'studio.column.film',
  'studio.title',
]);

const read = (feature, language) => JSON.parse(readFileSync(join(folder, feature, `${language}.json`), 'utf8'));
const placeholders = (value) => new Set([...JSON.stringify(value).matchAll(/\{(\w+)\}/g)].map((match) => match[1]));
const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
const features = folders.map((entry) => entry.name);
const languages = [...new Set(features.flatMap((feature) => readdirSync(join(folder, feature))))].map((name) =>
  name.replace('.json', ''),
);

// --- what the files hold
const featureOf = new Map(); // by key
for (const feature of features) {
  const english = read(feature, 'en');
  for (const key of Object.keys(english)) {
    if (featureOf.has(key)) complaints.push(`${feature}: "${key}" is also in ${featureOf.get(key)}`);
    featureOf.set(key, feature);
  }
  for (const language of languages) compare(feature, language, english);
}

function compare(feature, language, english) {
  const place = `${feature}/${language}.json`;
  const files = readdirSync(join(folder, feature));
  if (!files.includes(`${language}.json`)) return complaints.push(`${place} is missing`);
  const messages = read(feature, language);
  const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
  for (const key of Object.keys(english)) if (!(key in messages)) complaints.push(`${place}: "${key}" is missing`);
  for (const [key, value] of Object.entries(messages)) {
    const original = english[key];
    if (original === undefined) complaints.push(`${place}: "${key}" is not in English`);
    else if (typeof value !== typeof original) complaints.push(`${place}: "${key}" is of another kind than in English`);
    else for (const fault of faults(value, original, forms)) complaints.push(`${place}: "${key}" ${fault}`);
    if (language !== 'en' && value === original && !kSame.has(key))
      complaints.push(`${place}: "${key}" is not translated`);
  }
}

function* faults(value, original, forms) {
  const [has, wanted] = [placeholders(value), placeholders(original)];
  for (const hole of has) if (!wanted.has(hole)) yield `has a placeholder {${hole}} that English has not`;
  if (typeof value === 'string') for (const hole of wanted) if (!has.has(hole)) yield `lacks the placeholder {${hole}}`;
  if (typeof value === 'object') for (const form of forms) if (!value[form]) yield `has no form "${form}"`;
}

// --- what the sources use: keys as they stand, and patterns such as `requirement.${name}.ask`
const sources = readdirSync(root, { recursive: true }).filter((name) => /\.tsx?$/.test(name));
const texts = new Map(sources.map((name) => [name, readFileSync(join(root, name), 'utf8')]));
const start = /needMessages\(([^)]*)\)/.exec(texts.get('main.tsx'))[1]; // the features whose words are there from the start
const first = features.filter((feature) => start.includes(`'${feature}'`));
const used = new Set();
const patterns = [];
for (const [name, text] of texts) {
  const own = name.split('/')[0];
  for (const [, key] of text.matchAll(/'([a-z]\w*(?:\.\w+)*)'/g)) {
    const feature = featureOf.get(key);
    if (feature === undefined) continue;
    used.add(key);
    if (feature !== own && !first.includes(feature)) complaints.push(`${name}: "${key}" is not loaded here`);
  }
  for (const [, pattern] of text.matchAll(/`([a-z][\w.]*\.\$\{[^`]*)`/g)) {
    const parts = pattern.split(/\$\{[^}]*\}/).map((part) => part.replaceAll('.', '\\.'));
    patterns.push(new RegExp(`^${parts.join('\\w+')}$`));
  }
}
for (const [key, feature] of featureOf) {
  if (!used.has(key) && !patterns.some((pattern) => pattern.test(key)))
    complaints.push(`${feature}: "${key}" is used nowhere`);
}

// --- the slugs of problems: each is in the node's list, a reason why terms are not met, or of the client library or the pages
const repository = join(root, '../..');
const listed = JSON.parse(readFileSync(join(repository, 'src/api/problems/problems.json'), 'utf8'));
const unmet = readFileSync(join(repository, 'src/access/policy/evaluate.cpp'), 'utf8');
const ours = [readFileSync(join(repository, 'sdk/ts/src/errors.ts'), 'utf8'), ...texts.values()].join('\n');
const isSaid = (slug) => slug in listed || unmet.includes(`"${slug}"`) || ours.includes(`'${slug}'`);
for (const [key, feature] of featureOf) {
  const slug = /^problem\.([a-z]+(?:_[a-z0-9]+)+)$/.exec(key)?.[1];
  if (slug && !/^http_\d+$/.test(slug) && !isSaid(slug)) {
    complaints.push(`${feature}: nobody says the problem "${slug}"`);
  }
}

for (const complaint of complaints) console.error(complaint);
if (complaints.length > 0) process.exit(1);
console.log(`messages: ${featureOf.size} keys of ${features.length} features in ${languages.length} languages`);
