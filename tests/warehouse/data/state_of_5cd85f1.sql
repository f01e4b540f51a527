BEGIN TRANSACTION;
CREATE TABLE delivered (
	sync VARCHAR NOT NULL, 
	"key" VARCHAR NOT NULL, 
	desired TEXT NOT NULL, 
	held JSON NOT NULL, 
	entry_id INTEGER NOT NULL, 
	delivered_at DATETIME NOT NULL, 
	PRIMARY KEY (sync, "key")
);
INSERT INTO "delivered" VALUES('companies','a','{"tier": "gold"}','{"tier": "gold"}',1,'2026-11-20 09:00:00.000000');
INSERT INTO "delivered" VALUES('companies','東','{"tier": "silver"}','{"tier": "silver"}',2,'2026-11-20 09:00:00.000000');
CREATE TABLE ledger (
	entry_id INTEGER NOT NULL, 
	plan_id VARCHAR NOT NULL, 
	sync VARCHAR NOT NULL, 
	destination VARCHAR NOT NULL, 
	object VARCHAR NOT NULL, 
	"key" VARCHAR NOT NULL, 
	operation VARCHAR NOT NULL, 
	fields JSON NOT NULL, 
	"before" JSON NOT NULL, 
	desired TEXT NOT NULL, 
	verdict_id INTEGER, 
	outcome VARCHAR NOT NULL, 
	attempts INTEGER DEFAULT '0' NOT NULL, 
	request_hash VARCHAR, 
	tool_id VARCHAR, 
	reason TEXT, 
	planned_at DATETIME NOT NULL, 
	sent_at DATETIME, 
	settled_at DATETIME, 
	PRIMARY KEY (entry_id), 
	FOREIGN KEY(plan_id) REFERENCES plans (plan_id)
);
INSERT INTO "ledger" VALUES(1,'companies:1','companies','hubspot','companies','a','update','{"tier": "gold"}','{}','{"tier": "gold"}',1,'acknowledged',1,'hash','11',NULL,'2026-11-20 09:00:00.000000','2026-11-20 09:00:00.000000','2026-11-20 09:00:00.000000');
INSERT INTO "ledger" VALUES(2,'companies:1','companies','hubspot','companies','東','update','{"tier": "silver"}','{}','{"tier": "silver"}',1,'acknowledged',1,'hash','12',NULL,'2026-11-20 09:00:00.000000','2026-11-20 09:00:00.000000','2026-11-20 09:00:00.000000');
INSERT INTO "ledger" VALUES(3,'companies:1','companies','hubspot','companies','c','update','{"tier": "gold"}','{}','{"tier": "gold"}',1,'rejected',1,'hash',NULL,'no such record','2026-11-20 09:00:00.000000','2026-11-20 09:00:00.000000','2026-11-20 09:00:00.000000');
INSERT INTO "ledger" VALUES(4,'companies:1','companies','hubspot','companies','d','update','{"tier": "bronze"}','{}','{"tier": "bronze"}',1,'unknown',1,'hash',NULL,NULL,'2026-11-20 09:00:00.000000','2026-11-20 09:00:00.000000','2026-11-20 09:00:00.000000');
INSERT INTO "ledger" VALUES(5,'companies:1','companies','hubspot','companies','e','update','{"tier": "gold"}','{}','{"tier": "gold"}',1,'planned',0,NULL,NULL,NULL,'2026-11-20 09:00:00.000000',NULL,NULL);
CREATE TABLE plans (
	plan_id VARCHAR NOT NULL, 
	sync VARCHAR NOT NULL, 
	run_id VARCHAR NOT NULL, 
	verdict_id INTEGER, 
	config_hash VARCHAR NOT NULL, 
	planned_at DATETIME NOT NULL, 
	counts JSON NOT NULL, 
	PRIMARY KEY (plan_id)
);
INSERT INTO "plans" VALUES('companies:1','companies','20261120-090000-000-0001',1,'config','2026-11-20 09:00:00.000000','{"update": 5}');
CREATE TABLE runs (
	run_id VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	subject VARCHAR NOT NULL, 
	started_at DATETIME NOT NULL, 
	finished_at DATETIME, 
	status VARCHAR NOT NULL, 
	report JSON NOT NULL, 
	PRIMARY KEY (run_id)
);
INSERT INTO "runs" VALUES('20261120-090000-000-0001','sync','companies','2026-11-20 09:00:00.000000','2026-11-20 09:00:00.000000','partial','{"rows": 5, "\u540d\u524d": "\u682a\u5f0f\u4f1a\u793e"}');
CREATE TABLE verdicts (
	verdict_id INTEGER NOT NULL, 
	ruleset VARCHAR NOT NULL, 
	run_id VARCHAR NOT NULL, 
	build_id VARCHAR, 
	decided_at DATETIME NOT NULL, 
	decision VARCHAR NOT NULL, 
	quarantined JSON NOT NULL, 
	evidence JSON NOT NULL, 
	PRIMARY KEY (verdict_id)
);
INSERT INTO "verdicts" VALUES(1,'accounts','20261120-090000-000-0001','build-1','2026-11-20 09:00:00.000000','quarantine','{"\u6771": ["no_name"]}','[{"rule": "no_name"}]');
CREATE INDEX ledger_by_sync ON ledger (sync, outcome);
CREATE INDEX ledger_by_key ON ledger (destination, object, "key");
COMMIT;
