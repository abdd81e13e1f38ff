select name, current_setting(name) from unnest($1::text[]) as n(name)
