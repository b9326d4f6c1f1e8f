/// How every sample of ``EventSamples`` stands in a ledger, in the same order: what is on disk never changes.
enum EventGolden {
    static let all = #"""
        {"leaderChanged":{"holder":"ana@bastion, process 4711"}}
        {"ledgerReserveUsed":{"bytes":1048576,"left":15728640}}
        {"ledgerReserveMade":{"bytes":16777216}}
        {"environmentDeclared":{"position":3,"stage":"prod"}}
        {"environmentRemoved":{"configuration":"/etc/other.yaml"}}
        {"releaseRegistered":{"_0":{"application":"shop","artifact":"/srv/a b/\"c\".tar.gz","dependencies":["package-lock.json"],"digest":"sha256:00","revision":"abc","version":"1.8.2"}}}
        {"releaseRegistered":{"_0":{"application":"shop","artifact":"oci://registry/shop:1.8.3","dependencies":[],"version":"1.8.3"}}}
        {"releaseMarked":{"reason":"héllo\n\t\u001b\\ 🙂","release":"1.8.2","verdict":"bad"}}
        {"deploymentRequested":{"_0":{"gateOverride":"urgent","reason":"why","release":"1.8.2","releaseOrder":7,"trigger":"pipeline","waitsForGate":true}}}
        {"deploymentRequested":{"_0":{"release":"1.8.2","releaseOrder":7,"trigger":"person","waitsForGate":false}}}
        {"deploymentBlocked":{"deployment":4,"reasons":["held","frozen"]}}
        {"gateOverridden":{"deployment":4,"reason":"urgent","reasons":[]}}
        {"deploymentStarted":{"alarmsOnBefore":["slow"],"deployment":4,"instances":3,"release":"1.8.2","strategy":{"kind":"allAtOnce","maxSurge":3,"maxUnavailable":0}}}
        {"rollbackRequested":{"_0":{"leaving":"1.8.2","order":6,"reason":"it hurts","to":"1.8.1"}}}
        {"rollbackRequested":{"_0":{"order":0}}}
        {"rollbackRefused":{"reason":"nothing to go back to"}}
        {"rollbackDecided":{"_0":{"alarms":["faults"],"order":6,"reason":"faults","suspect":"1.8.2","takesBack":4,"to":"1.8.1","trigger":"automatic"}}}
        {"rollbackDecided":{"_0":{"alarms":[],"order":6,"reason":"asked","to":"1.8.1","trigger":"person"}}}
        {"rollbackDecided":{"_0":{"alarms":[],"blamesSuspect":false,"order":6,"reason":"no port","suspect":"1.8.2","suspectOrder":7,"takesBack":4,"to":"1.8.1","trigger":"automatic"}}}
        {"preparationStarted":{"deployment":4,"release":"1.8.2"}}
        {"bakeStarted":{"deployment":4,"endsAt":1764000000000,"latestEnd":1764000060000,"minimumRequests":100,"release":"1.8.2"}}
        {"bakeProgressed":{"deployment":4,"requests":57}}
        {"bakeExtended":{"deployment":4,"endsAt":1764000000000,"reason":"low load"}}
        {"bakeTrafficNoted":{"deployment":4,"release":"1.8.2","traffic":{"isLow":false,"usual":{"days":14,"perMinute":120}}}}
        {"bakeTrafficNoted":{"deployment":4,"release":"1.8.2","traffic":{"isLow":true,"seen":3.25,"usual":{"days":14,"perMinute":120.5}}}}
        {"bakeInconclusive":{"deployment":4,"reason":"no data"}}
        {"deploymentEnded":{"deployment":4,"phase":"rolledBack","reason":"went back","release":"1.8.2"}}
        {"instanceStarting":{"release":"1.8.2","slot":1}}
        {"instanceStarted":{"isAdopted":false,"port":8100,"process":{"boot":77,"pid":4711,"startTime":123456789},"slot":1}}
        {"instanceStartFailed":{"reason":"no such file","slot":1}}
        {"instanceStartFailed":{"isInfrastructure":true,"reason":"no port is free","slot":1}}
        {"instanceHealthChanged":{"detail":"status 500","health":"unhealthy","slot":1}}
        {"instanceHealthChanged":{"health":"healthy","slot":1}}
        {"instanceExited":{"reason":"signal 9","slot":1}}
        {"instanceStopping":{"slot":1}}
        {"instanceStopping":{"reason":"unhealthy for 30 s: no answer within 2 s","slot":2}}
        {"instanceStopped":{"slot":1}}
        {"instanceReplaced":{"deployment":4,"done":1,"of":3,"previousRelease":"1.8.1","release":"1.8.2","slot":1}}
        {"releaseSwitched":{"deployment":4,"release":"1.8.2"}}
        {"instanceStarting":{"release":"1.8.2","slot":4,"standsBy":true}}
        {"deploymentStarted":{"alarmsOnBefore":[],"deployment":4,"instances":3,"release":"1.8.2","strategy":{"kind":"blueGreen","lasting":1800000,"maxSurge":0,"maxUnavailable":0}}}
        {"deploymentStarted":{"alarmsOnBefore":[],"deployment":4,"instances":3,"release":"1.8.2","strategy":{"kind":"oneBox","lasting":300000,"maxSurge":3,"maxUnavailable":0,"then":"allAtOnce"}}}
        {"oneBoxStarted":{"deployment":4,"endsAt":1764000000000,"release":"1.8.2"}}
        {"oneBoxPassed":{"deployment":4,"release":"1.8.2"}}
        {"trafficShifting":{"deployment":4,"keepUntil":1764000000000,"release":"1.8.2"}}
        {"trafficShifting":{"deployment":4,"release":"1.8.2"}}
        {"trafficShifted":{"deployment":4,"release":"1.8.2"}}
        {"frontFailed":{"reason":"port 8080 is held"}}
        {"frontRestored":{}}
        {"frontDrifted":{"findings":[{"found":"server s2 is drained","keptOut":[2],"movesTraffic":true,"wanted":"it is to get requests"},{"found":"server s1 has weight 5","movesTraffic":false,"wanted":"it is to have 1"}]}}
        {"frontSetRight":{"how":"nobody keeps it otherwise"}}
        {"deploymentStarted":{"alarmsOnBefore":[],"deployment":4,"instances":3,"release":"1.8.2","strategy":{"flag":{"name":"new-checkout","off":"old","on":"new"},"kind":"flag","maxSurge":1,"maxUnavailable":0,"then":"rolling"}}}
        {"deploymentStarted":{"alarmsOnBefore":[],"deployment":4,"instances":3,"release":"1.8.2","strategy":{"flag":{"name":"new-checkout","off":"old","on":"new"},"kind":"flag","maxSurge":0,"maxUnavailable":0}}}
        {"flagSetting":{"deployment":4,"flag":"new-checkout","off":"old","on":"new","release":"1.8.2","side":"on"}}
        {"flagSet":{"deployment":4,"flag":"new-checkout","off":"old","on":"new","release":"1.8.2","side":"off"}}
        {"flagSet":{"deployment":4,"flag":"new-checkout","note":"it has rules","off":"old","on":"new","release":"1.8.2","side":"on"}}
        {"flagFailed":{"deployment":4,"flag":"new-checkout","off":"old","on":"new","reason":"no space","release":"1.8.2","side":"on"}}
        {"flagDrifted":{"flag":"new-checkout","found":"old","wanted":"new"}}
        {"flagDrifted":{"flag":"new-checkout","reason":"no such file","wanted":"new"}}
        {"flagRestored":{"flag":"new-checkout","variant":"new"}}
        {"rollbackDecided":{"_0":{"alarms":[],"how":"by a flip: 3 instances of 1.8.1 still stand","order":6,"reason":"asked","suspect":"1.8.2","to":"1.8.1","trigger":"person"}}}
        {"releaseLinkFailed":{"reason":"no space","release":"1.8.2"}}
        {"releaseLinked":{"release":"1.8.2"}}
        {"releaseCleared":{"reason":"no alarm for 15 m","release":"1.8.2"}}
        {"targetTold":{"deployment":4,"release":"1.8.2","settings":{"Port":"8100-8109","a.b":"","command":"./server"}}}
        {"clockSet":{"milliseconds":3600000}}
        {"clockSet":{"milliseconds":-3600000}}
        {"alarmChanged":{"_0":{"comparison":"above","evidence":"3 of 5","instance":3,"kind":"faultRate","name":"faults","severity":"high","since":1764000000000,"state":"alarm","threshold":{"unit":"percent","value":1},"value":{"unit":"percent","value":5.25}}}}
        {"alarmChanged":{"_0":{"comparison":"above","evidence":"3 of 5","kind":"faultRate","name":"faults","severity":"high","since":1764000000000,"state":"insufficientData","threshold":{"unit":"percent","value":1}}}}
        {"alarmChanged":{"_0":{"comparison":"above","evidence":"3 of 5","kind":"faultRate","name":"faults","severity":"high","since":1764000000000,"state":"ok","threshold":{"unit":"percent","value":1},"value":{"unit":"percent","value":1e-07}}}}
        {"alarmChanged":{"_0":{"comparison":"above","evidence":"3 of 5","instance":3,"instanceKey":117,"kind":"faultRate","name":"faults","severity":"high","since":1764000000000,"state":"alarm","threshold":{"unit":"percent","value":1},"value":{"unit":"percent","value":5.25}}}}
        {"alarmRemoved":{"name":"faults","scope":"service"}}
        {"highSeverityChanged":{"alarms":["faults"],"isOn":true}}
        {"instanceAlarmsChanged":{"alarms":["memory #3"],"isOn":true}}
        {"rollbackJudged":{"deployment":41,"judgement":{"after":41000,"helped":true,"readings":["faults 0.1 %"]},"left":"1.9.0"}}
        {"rollbackJudged":{"deployment":41,"judgement":{"helped":false,"readings":["faults 5.2 %"]},"left":"1.9.0"}}
        {"rollbackJudged":{"deployment":41,"judgement":{"reason":"there are no data of faults since"}}}
        {"comparisonBegun":{"deployment":41,"reference":{"bounds":[0.1,1],"counts":[1000,200,10],"dispersion":1.25,"faults":[6,5],"release":"1.8.2","requests":[600,610],"restlessness":0.55,"span":3600000},"release":"1.9.0"}}
        {"comparisonBegun":{"deployment":41,"reference":{"dispersion":1,"faults":[6],"release":"1.8.2","requests":[600],"restlessness":0.5,"span":60000},"release":"1.9.0"}}
        {"releaseCompared":{"comparison":{"basis":"sameTime","measure":"faults","new":{"faults":61,"requests":2900,"seconds":0.25},"old":{"faults":30,"requests":2950},"outcome":"worse","with":"1.8.2"},"deployment":41,"release":"1.9.0"}}
        {"releaseCompared":{"comparison":{"basis":"before","instance":117,"measure":"latency","new":{"faults":0,"requests":290,"seconds":0.5},"old":{"faults":0,"requests":870,"seconds":0.125},"outcome":"oneInstance","slot":3,"with":"1.8.2"},"deployment":41,"release":"1.9.0"}}
        {"holdPlaced":{"order":7,"reason":"taken back","suspect":"1.8.2"}}
        {"holdPlacedByHand":{"reason":"the schema moves","until":{}}}
        {"holdPlacedByHand":{"reason":"a fix comes","until":{"release":"1.9.1"}}}
        {"holdPlacedByHand":{"deploys":true,"reason":"a fix comes","until":{"release":"1.9.1"}}}
        {"holdPlacedByHand":{"reason":"a fix comes","until":{"newerThan":"1.8.2","order":7}}}
        {"holdPlacedByHand":{"reason":"a fix comes","until":{"revision":"0123456789abcdef0123456789abcdef01234567"}}}
        {"awaitedReleaseCame":{"order":8,"release":"1.9.1"}}
        {"awaitedReleaseCame":{"order":8,"release":"1.9.1","revisions":["0123456789abcdef0123456789abcdef01234567"]}}
        {"holdLifted":{"reason":"mended"}}
        {"holdLifted":{"reason":"1.9.1 comes","which":"byHand"}}
        {"holdLifted":{"reason":"moved","which":"all"}}
        {"deploymentRequested":{"_0":{"release":"1.8.2","releaseOrder":7,"revisions":["0123456789abcdef0123456789abcdef01234567"],"trigger":"person","waitsForGate":false}}}
        {"freezeAdded":{"_0":{"environments":"*/prod-*","from":1764000000000,"name":"sales","reason":"Black Friday","until":1764003600000,"untilInWords":"Mon 2025-11-24 18:00 Europe/Madrid","zone":"Europe/Madrid"}}}
        {"freezeRemoved":{"name":"sales","reason":"over early"}}
        {"freezeRemoved":{"name":"sales"}}
        {"problemNoted":{"reason":"no port"}}
        {"planMade":{"_0":{"maxParallel":2,"reason":"everywhere","suspect":"1.8.2","waves":[[{"address":{"application":"shop","environment":"prod"},"leaving":"1.8.2","order":6,"to":"1.8.1"}],[]]}}}
        {"planMade":{"_0":{"maxParallel":1,"reason":"nowhere","waves":[]}}}
        {"planStepStarted":{"address":{"application":"shop","environment":"prod"},"plan":9}}
        {"planStepEnded":{"address":{"application":"shop","environment":"prod"},"failure":"no target","plan":9}}
        {"planStepEnded":{"address":{"application":"shop","environment":"prod"},"plan":9}}
        {"planStepEnded":{"address":{"application":"shop","environment":"prod"},"overtaken":{"actor":"bob","deployment":931,"release":"1.8.0"},"plan":9}}
        {"planStepEnded":{"address":{"application":"shop","environment":"prod"},"overtaken":{"release":"1.8.0"},"plan":9}}
        {"planPaused":{"plan":9}}
        {"planStopped":{"plan":9,"reason":"a step failed"}}
        {"planResumed":{"plan":9}}
        {"planAborted":{"plan":9,"reason":"enough"}}
        {"planDone":{"plan":9}}
        """#.split(separator: "\n").map(String.init)
}
