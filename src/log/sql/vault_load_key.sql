select authority, subject_kind, subject, wrapped from vault.keys where key_id = $1
