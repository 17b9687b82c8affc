// What travels, as docs/reference/protocol.md has it. Field names are those on the wire. The bodies of the API come
// from its description (wire-generated.ts); here is what that leaves open: what is signed, policies, and what a general
// object holds.
import type * as api from './wire-generated.ts';

export type {
  CatalogEntry,
  GivenPass,
  MediaCheck,
  MediaCheckRequest,
  NodeInfo,
  PathDecision,
  PathSummary,
  PolicyFacts,
  PolicyFault,
  UnlockCounts,
} from './wire-generated.ts';

export interface TitleRecord {
  title_id: string;
  nonce: string;
  revision: number;
  creator: string;
  created_at: number;
  name: string;
  language?: string;
  summary?: string;
  tags?: string[];
  duration_ms: number;
  slots: number;
  scheme: 'aes-256-gcm';
  salt: string;
  key_groups: string[];
  playlist: string;
  details: string;
  poster?: string;
  policy: Policy;
  agent: { signer: string; encryption: string };
}

export type TrackKind = 'video' | 'audio' | 'captions' | 'storyboard';

export interface Track {
  id: string;
  kind: TrackKind;
  key_group: string;
  playlist: string;
  name: string;
  language?: string;
  codecs?: string;
  width?: number;
  height?: number;
  frame_rate?: number;
  channels?: number;
  bandwidth?: number;
  average_bandwidth?: number;
  copied?: boolean;
  default?: boolean;
  roles?: string[];
  bytes?: number;
  /** Storyboard: pictures in each slot's JPEG, row by row, evenly spread over the slot. */
  tiles?: { columns: number; rows: number; width: number; height: number };
}

export interface TitleDetails {
  tracks: Track[];
  texts?: Record<string, { name: string; summary: string }>;
  notes?: string[];
}

// Policy and offer ----------------------------------------------------------------------------------------------------

export type RequirementName = api.Requirement['requirement'];

export interface RequirementLeaf {
  requirement: RequirementName | (string & {});
  params?: Record<string, unknown>;
  min_trust?: number;
  /** In an offer: name of this leaf in `actions/start`. */
  key?: string;
  /** In an offer: whether the node has a verifier for it. */
  available?: boolean;
}

export type Requirement = RequirementLeaf | { allOf: Requirement[] } | { anyOf: Requirement[] };

export interface GrantTerms extends Partial<Omit<api.GrantTerms, 'geo' | 'between'>> {
  seconds?: [number, number];
  geo?: { allow?: string[]; deny?: string[] };
  between?: { from?: number; until?: number };
}

export interface Score {
  threshold: number;
  weights: Record<string, number>;
}

export interface PolicyPath {
  id: string;
  label?: string;
  requires?: Requirement;
  score?: Score;
  grants?: GrantTerms;
}

export interface Policy {
  version: 1;
  paths: PolicyPath[];
  issuers?: { allow?: string[]; deny?: string[] };
}

/** A path of an offer: terms resolved to slots, leaves named. */
export interface OfferPath extends Omit<api.OfferedPath, 'requires' | 'score' | 'grants'> {
  requires?: Requirement;
  score?: Score;
  grants: GrantTerms & Pick<api.GrantTerms, 'slots' | 'key_groups'>;
}

/** A path of terms that are being written, as an offer would have it, and whether the viewer of the facts meets it. */
export interface ExplainedPath extends OfferPath {
  description: string;
  decision: api.PathDecision;
}

export interface PolicyExplanation extends Omit<api.PolicyExplanation, 'paths'> {
  paths: ExplainedPath[];
}

export interface Offer extends Omit<api.Offer, 'paths'> {
  paths: OfferPath[];
}

export type Challenge =
  | { text: string } // goodwill_ack
  | { algorithm: 'sha256'; difficulty: number; seed: string } // puzzle_solve
  | { algorithm: 'argon2id'; difficulty: number; memory_kib: number; passes: number; seed: string }
  | { algorithm: 'human'; question: Record<string, string> }
  | { list: string }; // allowlist_token

export interface Action extends Omit<api.ActionStarted, 'challenge'> {
  challenge: Challenge;
}

export interface AttestationClaims {
  attestation_id: string;
  issuer: string;
  subject: string;
  title_id: string;
  requirement: string;
  params?: Record<string, unknown>;
  trust: number;
  iat: number;
  exp: number;
}

export interface GrantClaims {
  grant_id: string;
  unlock_id: string;
  title_id: string;
  revision: number;
  slots: [number, number];
  key_groups: string[];
  keys: string;
  policy_hash: string;
  path: string;
  aud: string;
  iat: number;
  exp: number;
  unlock_until: number;
  watermark_salt?: string;
}

export interface TreeNodeWire {
  level: number;
  index: number;
  key: string;
}

// Passes --------------------------------------------------------------------------------------------------------------

/** A pass as its holder gets it: with the signed credential (`vc+jwt`). */
export interface HeldPass extends api.GivenPass {
  pass: string;
}

export type PassOrder = api.PassHanded;

// Studio --------------------------------------------------------------------------------------------------------------

export interface LocalText {
  name: string;
  summary: string;
}

export type Codes = Record<string, { code: string; max_uses: number }[]>;

export interface PublishRequest extends Omit<api.MediaRequest, 'policy' | 'codes'> {
  texts?: Record<string, LocalText>;
  policy: Policy;
  /** Private codes of allowlist_token lists: they go to the key agent, never into the record. */
  codes?: Codes;
}

export interface ReviseRequest extends Omit<api.ReviseRequest, 'policy' | 'codes'> {
  texts?: Record<string, LocalText>;
  policy?: Policy;
  codes?: Codes;
}

export interface MediaJob extends Omit<api.Media, 'renditions'> {
  renditions?: { name: string; width: number; height: number; copied: boolean; bytes: number }[];
}

export interface StudioTitle extends Omit<api.StudioTitle, 'policy'> {
  policy?: Policy;
  texts?: Record<string, LocalText>;
}
