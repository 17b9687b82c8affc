// A film of the creator, by its name.
import type { PolicyFault } from '@swarma/client';
import { client } from '../../frame/client.ts';
import { t } from '../../frame/i18n.ts';
import { useAsync } from '../../frame/use-async.ts';
import { SelectField } from './fields.tsx';

interface TitleFieldProps {
  label: string;
  help?: string | undefined;
  faults: readonly PolicyFault[];
  value: string;
  onChange(id: string): void;
}

export function TitleField({ value, onChange, ...field }: TitleFieldProps) {
  const { value: titles = [] } = useAsync((signal) => client.creator.titles(signal), []);
  const known = titles.map(({ title_id, name }) => [title_id, name] as const);
  const isForeign = value !== '' && !titles.some(({ title_id }) => title_id === value);
  return (
    <SelectField
      {...field}
      value={value}
      options={[['', t('builder.title.none')], ...known, ...(isForeign ? [[value, value] as const] : [])]}
      onChange={onChange}
    />
  );
}
