column authority.subject text not null;
column authority.policy_version integer not null;
column authority.policy text not null;
column authority.boundary integer not null;
column authority.selected text not null;
column authority.epoch integer not null;
column authority.since_ms double precision not null;
column authority.by_run text not null;
column authority.timeline text;
column authority_history.subject text not null;
column authority_history.policy_version integer not null;
column authority_history.policy text not null;
column authority_history.boundary integer not null;
column authority_history.selected text not null;
column authority_history.epoch integer not null;
column authority_history.since_ms double precision not null;
column authority_history.by_run text not null;
column authority_history.recorded_at timestamp with time zone not null default clock_timestamp();
column journal_entries.run text not null;
column journal_entries.seq integer not null;
column journal_entries.at_ms double precision not null;
column journal_entries.event json not null;
column journal_entries.previous_hash text not null;
column journal_entries.hash text not null;
column migrations.name text not null;
column migrations.applied_at timestamp with time zone not null default clock_timestamp();
column run_requests.id bigint not null generated always as identity;
column run_requests.run text not null;
column run_requests.verb text not null;
column run_requests.by text not null;
column run_requests.reason text;
column run_requests.second_person text;
column run_requests.step text;
column run_requests.requested_at timestamp with time zone not null default clock_timestamp();
column run_requests.seen_at timestamp with time zone;
column run_requests.typed text;
column run_requests.as_of integer;
column runs.run text not null;
column runs.runbook text not null;
column runs.created_at_ms double precision not null;
column runs.outcome text;
column runs.wake_at_ms double precision not null;
column runs.entries integer not null;
column runs.lease_holder text;
column runs.lease_fencing bigint not null default 0;
column runs.lease_until timestamp with time zone;
column runs.timeline text;
column timelines.timeline text not null;
column timelines.since timestamp with time zone not null default clock_timestamp();

constraint authority_boundary_check on authority CHECK (((boundary >= 0) AND (boundary <= 10000)));
constraint authority_epoch_check on authority CHECK ((epoch >= 1));
constraint authority_pkey on authority PRIMARY KEY (subject);
constraint authority_selected_check on authority CHECK ((selected = ANY (ARRAY['source'::text, 'target'::text])));
constraint authority_history_boundary_check on authority_history CHECK (((boundary >= 0) AND (boundary <= 10000)));
constraint authority_history_epoch_check on authority_history CHECK ((epoch >= 1));
constraint authority_history_pkey on authority_history PRIMARY KEY (subject, epoch);
constraint authority_history_selected_check on authority_history CHECK ((selected = ANY (ARRAY['source'::text, 'target'::text])));
constraint journal_entries_pkey on journal_entries PRIMARY KEY (run, seq);
constraint journal_entries_run_fkey on journal_entries FOREIGN KEY (run) REFERENCES runs(run);
constraint journal_entries_seq_check on journal_entries CHECK ((seq >= 1));
constraint migrations_pkey on migrations PRIMARY KEY (name);
constraint run_requests_pkey on run_requests PRIMARY KEY (id);
constraint run_requests_run_fkey on run_requests FOREIGN KEY (run) REFERENCES runs(run);
constraint runs_check on runs CHECK (((lease_holder IS NULL) = (lease_until IS NULL)));
constraint runs_entries_check on runs CHECK ((entries >= 1));
constraint runs_outcome_check on runs CHECK ((outcome = ANY (ARRAY['done'::text, 'back'::text, 'cancelled'::text])));
constraint runs_pkey on runs PRIMARY KEY (run);
constraint timelines_pkey on timelines PRIMARY KEY (timeline);

CREATE UNIQUE INDEX authority_history_pkey ON public.authority_history USING btree (subject, epoch);
CREATE UNIQUE INDEX authority_pkey ON public.authority USING btree (subject);
CREATE UNIQUE INDEX journal_entries_pkey ON public.journal_entries USING btree (run, seq);
CREATE UNIQUE INDEX migrations_pkey ON public.migrations USING btree (name);
CREATE UNIQUE INDEX run_requests_pkey ON public.run_requests USING btree (id);
CREATE INDEX run_requests_unseen ON public.run_requests USING btree (run, id) WHERE (seen_at IS NULL);
CREATE INDEX runs_by_wake ON public.runs USING btree (wake_at_ms) WHERE (outcome IS NULL);
CREATE UNIQUE INDEX runs_one_open_per_runbook ON public.runs USING btree (runbook) WHERE (outcome IS NULL);
CREATE UNIQUE INDEX runs_pkey ON public.runs USING btree (run);
CREATE UNIQUE INDEX timelines_pkey ON public.timelines USING btree (timeline);

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.authority_history FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON public.authority_history FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.journal_entries FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON public.journal_entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE OR REPLACE FUNCTION public.database_timeline()
 RETURNS text
 LANGUAGE plpgsql
 STABLE
AS $function$
    begin
      return (pg_control_system()).system_identifier || '/' || greatest(
        (pg_control_checkpoint()).timeline_id, (pg_control_recovery()).min_recovery_end_timeline);
    exception when insufficient_privilege or undefined_function or feature_not_supported then
      return null;
    end $function$
;
CREATE OR REPLACE FUNCTION public.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    begin
      raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
    end $function$
;
