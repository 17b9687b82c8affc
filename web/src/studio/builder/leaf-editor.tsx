// One requirement of a way: its variant, its parameters, the codes of a list, and how far its proof must be trusted.
import type { RequirementLeaf } from '@swarma/client';
import { hasMessage, t } from '../../frame/i18n.ts';
import { requirementWords } from '../../unlock/requirements/requirements.ts';
import { faultsAt, faultsWithin, useFindings } from './explanation.ts';
import { Faults, ListField, NumberField, SelectField, TextField } from './fields.tsx';
import { TitleField } from './title-field.tsx';
import { type Field, fieldsOf, newLeaf, variantOf, variantsOf } from './parameters.ts';
import { omit, withParam } from './ways.ts';

/** The private codes of each list, one a line, as they are typed. */
export interface CodeTexts {
  texts: Readonly<Record<string, string>>;
  /** The film has codes already, which stay unless others are written. */
  kept: boolean;
  onChange(texts: Record<string, string>): void;
}

interface LeafEditorProps {
  leaf: RequirementLeaf;
  at: string;
  codes: CodeTexts;
  onChange(leaf: RequirementLeaf): void;
}

export function LeafEditor({ leaf, at, codes, onChange }: LeafEditorProps) {
  const { requirement } = leaf;
  const { faults, unverifiable } = useFindings();
  const fields = fieldsOf(leaf);
  const variants = variantsOf(requirement);
  const names = fields.map(({ name }) => name);
  const params = `${at}/params`;
  const further = [
    ...faultsWithin(faults, params, names),
    ...faultsAt(faults, at).filter(({ member }) => member !== 'min_trust'),
  ];
  const change = (name: string, value: unknown) => {
    if (name === 'list') renameList(leaf, String(value), codes);
    onChange(withParam(leaf, name, value));
  };
  const set = (name: string) => (value: unknown) => change(name, value);
  const help = hint(requirement);
  return (
    <div class="leaf-editor">
      {help && <p class="hint">{help}</p>}
      {variants.length > 1 && (
        <SelectField
          label={t('builder.variant')}
          value={variantOf(leaf)}
          options={variants.map((name) => [name, message(`builder.variant.${requirement}.${name}`, name)] as const)}
          onChange={(name) => onChange({ ...newLeaf(requirement, name), ...trustOf(leaf) })}
        />
      )}
      <div class="knobs">
        {fields.map((field) => (
          <Parameter
            key={`${variantOf(leaf)} ${field.name}`}
            leaf={leaf}
            field={field}
            at={params}
            set={set(field.name)}
          />
        ))}
      </div>
      {typeof leaf.params?.['list'] === 'string' && <CodesField list={leaf.params['list']} codes={codes} />}
      {unverifiable.has(at) && <p class="hint warn">{t('builder.unverifiable')}</p>}
      <details class="more" open={leaf.min_trust !== undefined}>
        <summary>{t('builder.trust.summary')}</summary>
        <NumberField
          label={t('builder.trust')}
          help={t('builder.trust.help')}
          min={0}
          max={1}
          step={0.05}
          value={leaf.min_trust}
          faults={faultsAt(faults, at, 'min_trust')}
          onChange={(min_trust) =>
            onChange({ ...omit(leaf, 'min_trust'), ...(min_trust !== undefined && { min_trust }) })
          }
        />
      </details>
      <Faults faults={further} />
    </div>
  );
}

function hint(requirement: string): string {
  const key = `builder.about.${requirement}`;
  return hasMessage(key) ? t(key) : '';
}

function message(key: string, otherwise: string): string {
  return hasMessage(key) ? t(key) : otherwise;
}

function trustOf({ min_trust }: RequirementLeaf) {
  return min_trust === undefined ? {} : { min_trust };
}

function renameList({ params }: RequirementLeaf, name: string, { texts, onChange }: CodeTexts): void {
  const before = params?.['list'];
  if (typeof before !== 'string' || !(before in texts) || name in texts) return;
  const { [before]: text = '', ...rest } = texts;
  onChange({ ...rest, [name]: text });
}

interface ParameterProps {
  leaf: RequirementLeaf;
  field: Field;
  at: string;
  set(value: unknown): void;
}

function Parameter({ leaf, field, at, set }: ParameterProps) {
  const { requirement, params = {} } = leaf;
  const name = message(`builder.param.${requirement}.${field.name}`, field.name);
  const help = `builder.help.${requirement}.${field.name}`;
  const common = {
    label: field.optional ? t('builder.optional', { label: name }) : name,
    help: hasMessage(help) ? t(help) : undefined,
    faults: faultsAt(useFindings().faults, at, field.name),
  };
  const value = params[field.name];
  switch (field.kind) {
    case 'text':
      return (
        <TextField
          {...common}
          value={typeof value === 'string' ? value : ''}
          max={field.max}
          long={field.long}
          code={field.code}
          onChange={set}
        />
      );
    case 'number':
      return (
        <NumberField
          {...common}
          value={typeof value === 'number' ? value : undefined}
          min={field.min}
          max={field.max}
          onChange={set}
        />
      );
    case 'list':
      return (
        <ListField
          {...common}
          value={Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []}
          onChange={set}
        />
      );
    case 'title':
      return <TitleField {...common} value={typeof value === 'string' ? value : ''} onChange={set} />;
    case 'choice':
      return (
        <SelectField
          {...common}
          value={typeof value === 'string' ? value : (field.options[0] ?? '')}
          options={field.options.map((option) => [option, message(`builder.option.${option}`, option)] as const)}
          onChange={set}
        />
      );
  }
}

function CodesField({ list, codes }: { list: string; codes: CodeTexts }) {
  const { texts, kept, onChange } = codes;
  return (
    <TextField
      label={t('builder.codes', { list })}
      help={t(kept ? 'builder.codes.helpKept' : 'builder.codes.help')}
      value={texts[list] ?? ''}
      max={20_000}
      long
      onChange={(text) => onChange({ ...texts, [list]: text })}
    />
  );
}

/** The name of a requirement, as the creator reads it. */
export function requirementName(requirement: string): string {
  return requirementWords({ requirement }, 'name');
}
