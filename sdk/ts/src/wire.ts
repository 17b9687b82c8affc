// What travels, as docs/reference/protocol.md has it. Field names are those on the wire.

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

export type RequirementName =
  | 'goodwill_ack'
  | 'puzzle_solve'
  | 'email_verify'
  | 'social_like'
  | 'crypto_payment'
  | 'watch_ad'
  | 'allowlist_token';

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

export interface GrantTerms {
  slots?: [number, number];
  seconds?: [number, number];
  key_groups?: string[];
  ttl_s?: number;
  window_s?: number;
  window_slots?: number;
  unlock_s?: number;
  count?: number;
  max_plays?: number;
  cooldown_s?: number;
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
export interface OfferPath extends Omit<PolicyPath, 'grants'> {
  open: boolean;
  grants: GrantTerms & { slots: [number, number]; key_groups: string[] };
}

export interface Offer {
  title_id: string;
  revision: number;
  policy_hash: string;
  slots: number;
  duration_ms: number;
  paths: OfferPath[];
}

export type Challenge =
  | { text: string } // goodwill_ack
  | { algorithm: 'sha256'; difficulty: number; seed: string } // puzzle_solve
  | { list: string }; // allowlist_token

export interface Action {
  action_id: string;
  requirement: string;
  challenge: Challenge;
  expires_at: number;
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

// Catalog and node ----------------------------------------------------------------------------------------------------

export interface PathSummary {
  path: string;
  label?: string;
  open: boolean;
  requirements: string[];
  slots: [number, number];
  key_groups: string[];
}

export interface CatalogEntry {
  title_id: string;
  revision: number;
  name: string;
  summary?: string;
  language?: string;
  tags?: string[];
  duration_ms: number;
  slots?: number;
  poster?: string;
  creator: string;
  policy_summary?: PathSummary[];
}

export interface NodeInfo {
  name?: string;
  version: string;
  owner: string;
  agent: { signer: string; encryption: string };
  limits?: { max_upload_bytes?: number; upload_chunk_bytes?: number };
  nonce?: string;
  secure_url?: string;
  tls_fingerprint?: string;
}

// Studio --------------------------------------------------------------------------------------------------------------

export interface LocalText {
  name: string;
  summary: string;
}

export interface PublishRequest {
  upload_id: string;
  name: string;
  language?: string;
  summary?: string;
  tags?: string[];
  texts?: Record<string, LocalText>;
  captions?: { language: string; upload_id: string }[];
  poster?: { at_ms: number };
  policy: Policy;
  /** Private codes of allowlist_token lists: they go to the key agent, never into the record. */
  codes?: Record<string, { code: string; max_uses: number }[]>;
  ladder?: string;
  title_id?: string;
}

export interface MediaJob {
  media_id: string;
  state: 'queued' | 'working' | 'done' | 'failed' | 'cancelled';
  stage?: string;
  fraction?: number;
  speed?: number;
  eta_s?: number;
  name?: string;
  title_id?: string;
  revision?: number;
  renditions?: { name: string; width: number; height: number; copied: boolean; bytes: number }[];
  notes?: string[];
  problem?: { type: string; detail?: string };
}

export interface StudioTitle extends Omit<CatalogEntry, 'creator' | 'policy_summary'> {
  created_at?: number;
  bytes?: number;
  unlocks?: number;
  policy?: Policy;
  texts?: Record<string, LocalText>;
}
