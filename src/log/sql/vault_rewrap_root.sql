update vault.root set wrapped = $2 where wrapped = $1
