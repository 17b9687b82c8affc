// Requirements that belong together: all of them, or one of them. A group may hold groups.
import { isLeaf, type Requirement } from '@swarma/client';
import { useId, useRef } from 'preact/hooks';
import { Icon } from '../../frame/icons.tsx';
import { t } from '../../frame/i18n.ts';
import { faultsAt, useFindings } from './explanation.ts';
import { Faults, SelectField } from './fields.tsx';
import { type CodeTexts, LeafEditor, requirementName } from './leaf-editor.tsx';
import { kRequirements, newLeaf } from './parameters.ts';
import { fromGroup, type Group, groupOf, placeOfChild, replaced, without } from './ways.ts';

const kDeepest = 4; // groups within groups: more than anybody reads; the node's own limit is 8

interface GroupEditorProps {
  group: Group;
  at: string;
  codes: CodeTexts;
  depth?: number;
  onChange(group: Group): void;
}

export function GroupEditor({ group, at, codes, depth = 1, onChange }: GroupEditorProps) {
  const { kind, children } = group;
  const list = useRef<HTMLUListElement>(null);
  const faults = faultsAt(useFindings().faults, at).filter(({ member }) => depth > 1 || member === kind);
  const change = (changed: Requirement[]) => onChange({ kind, children: changed });
  const remove = (i: number) => {
    change(without(children, i));
    list.current?.closest<HTMLElement>('.group')?.querySelector<HTMLElement>('.add-requirement')?.focus();
  };
  return (
    <div class="group" data-depth={depth}>
      {children.length > 1 && (
        <SelectField
          label={t('builder.group')}
          value={kind}
          options={[
            ['allOf', t('builder.group.allOf')],
            ['anyOf', t('builder.group.anyOf')],
          ]}
          onChange={(chosen) => onChange({ kind: chosen, children })}
        />
      )}
      {children.length > 0 && (
        <ul ref={list} class="group-members">
          {children.map((child, i) => (
            <Member
              key={`${i} ${isLeaf(child) ? child.requirement : 'group'}`}
              requirement={child}
              at={placeOfChild(at, group, i, depth === 1)}
              codes={codes}
              depth={depth}
              onChange={(changed) => change(replaced(children, i, changed))}
              onRemove={() => remove(i)}
            />
          ))}
        </ul>
      )}
      <Faults faults={faults} />
      <div class="row">
        <AddRequirement onAdd={(name) => change([...children, newLeaf(name)])} isFirst={children.length === 0} />
        {depth < kDeepest && children.length > 0 && (
          <button
            type="button"
            class="button add-group"
            onClick={() =>
              change([
                ...children,
                fromGroup({ kind: kind === 'allOf' ? 'anyOf' : 'allOf', children: [newLeaf('goodwill_ack')] }),
              ])
            }
          >
            {t(kind === 'allOf' ? 'builder.addGroup.anyOf' : 'builder.addGroup.allOf')}
          </button>
        )}
      </div>
    </div>
  );
}

interface MemberProps {
  requirement: Requirement;
  at: string;
  codes: CodeTexts;
  depth: number;
  onChange(requirement: Requirement): void;
  onRemove(): void;
}

function Member({ requirement, at, codes, depth, onChange, onRemove }: MemberProps) {
  const id = useId();
  const name = isLeaf(requirement)
    ? requirementName(requirement.requirement)
    : t('anyOf' in requirement ? 'builder.group.anyOf' : 'builder.group.allOf');
  return (
    <li>
      <div class="member" role="group" aria-labelledby={id}>
        <header>
          <h4 id={id}>{name}</h4>
          <button
            type="button"
            class="quiet icon-button"
            aria-label={t('builder.removeNamed', { name })}
            title={t('builder.remove')}
            onClick={onRemove}
          >
            <Icon name="close" />
          </button>
        </header>
        {isLeaf(requirement) ? (
          <LeafEditor leaf={requirement} at={at} codes={codes} onChange={onChange} />
        ) : (
          <GroupEditor
            group={groupOf(requirement)}
            at={at}
            codes={codes}
            depth={depth + 1}
            onChange={(group) => (group.children.length > 0 ? onChange(fromGroup(group)) : onRemove())}
          />
        )}
      </div>
    </li>
  );
}

function AddRequirement({ onAdd, isFirst }: { onAdd(requirement: string): void; isFirst: boolean }) {
  const label = t(isFirst ? 'builder.addFirst' : 'builder.add');
  return (
    <select
      class="field add-requirement"
      aria-label={label}
      value=""
      onChange={({ currentTarget }) => {
        onAdd(currentTarget.value);
        currentTarget.value = '';
      }}
    >
      <option value="">{label}</option>
      {kRequirements.map((name) => (
        <option key={name} value={name}>
          {requirementName(name)}
        </option>
      ))}
    </select>
  );
}
