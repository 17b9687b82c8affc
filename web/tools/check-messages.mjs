// Message files: every language has exactly the keys of English, the same placeholders, and all plural forms of its language;
// every key is used, and every key that the sources name exists. Exit 1 with a list otherwise.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = new URL('..', import.meta.url).pathname;
const folder = join(root, 'src/messages');
const read = (name) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
const placeholders = (value) => new Set([...JSON.stringify(value).matchAll(/\{(\w+)\}/g)].map((match) => match[1]));
const complaints = [];

const english = read('en.json');
for (const name of readdirSync(folder)) {
  const language = name.replace('.json', '');
  const messages = read(name);
  const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
  for (const key of Object.keys(english)) if (!(key in messages)) complaints.push(`${name}: "${key}" is missing`);
  for (const [key, value] of Object.entries(messages)) {
    if (!(key in english)) complaints.push(`${name}: "${key}" is not in en.json`);
    else if (typeof value !== typeof english[key]) complaints.push(`${name}: "${key}" is of another kind than in en.json`);
    else {
      if (typeof value === 'object') for (const form of forms) if (!value[form]) complaints.push(`${name}: "${key}" has no form "${form}"`);
      const wanted = placeholders(english[key]);
      for (const hole of placeholders(value)) if (!wanted.has(hole)) complaints.push(`${name}: "${key}" has a placeholder {${hole}} that English has not`);
      if (typeof value === 'string') for (const hole of wanted) if (!placeholders(value).has(hole)) complaints.push(`${name}: "${key}" lacks the placeholder {${hole}}`);
      if (language !== 'en' && value === english[key] && !['app.name', 'quality.height', 'requirement.allowlist_token.step.label', 'nav.studio', 'studio.title', 'player.speed.normal', 'studio.column.film', 'player.label'].includes(key)) complaints.push(`${name}: "${key}" is not translated`);
    }
  }
}

function* sources(path) {
  for (const name of readdirSync(path)) {
    const full = join(path, name);
    if (statSync(full).isDirectory()) yield* sources(full);
    else if (/\.tsx?$/.test(name)) yield readFileSync(full, 'utf8');
  }
}
const text = [...sources(join(root, 'src'))].join('\n');
const dynamic = [...text.matchAll(/`([a-z][\w.]*\.)\$\{/g)].map((match) => match[1]);
for (const key of Object.keys(english)) {
  if (!text.includes(`'${key}'`) && !dynamic.some((prefix) => key.startsWith(prefix)) && !/^(ways\.ask|ways\.label|terms\.does)\./.test(key)) complaints.push(`en.json: "${key}" is used nowhere`);
}

for (const complaint of complaints) console.error(complaint);
if (complaints.length > 0) process.exit(1);
console.log(`messages: ${Object.keys(english).length} keys in ${readdirSync(folder).length} languages`);
