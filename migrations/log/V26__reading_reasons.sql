-- Why something was opened, where the reader was asked: a code of the workflow. Whoever holds a child
-- protection concern reads at once who the child is and where ('identity'), the rest with a reason.
alter table access.readings add column reason text;
alter table access.readings drop constraint readings_opened_check;
alter table access.readings add constraint readings_opened_check
    check (opened in ('content', 'identity', 'outline', 'figure'));
