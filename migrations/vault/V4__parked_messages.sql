-- A message that waits for a person has a key of its own, which goes when it is settled.
alter table vault.keys drop constraint keys_subject_kind_check;
alter table vault.keys add constraint keys_subject_kind_check
    check (subject_kind in ('child', 'request', 'message'));
