using System.Globalization;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using DelphiRunner.Engine.Stores.Rows;

namespace DelphiRunner.Engine.Stores.DynamoDb;

/// <summary>One conditional update of one row. It never makes a row that is gone, and never writes more than it names.</summary>
internal sealed class ItemUpdate
{
    private readonly string _jobId;
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, AttributeValue> _values = new(StringComparer.Ordinal);
    private readonly List<string> _sets = [];
    private readonly List<string> _removes = [];
    private readonly List<string> _conditions = [];

    public ItemUpdate(string jobId, string writeId)
    {
        _jobId = jobId;
        WriteId = writeId;
        _conditions.Add($"attribute_exists({Name(JobAttributes.JobId)})");
        Set(JobAttributes.WriteId, writeId);
    }

    public string WriteId { get; }

    public ItemUpdate Set(string name, string text) => Set(name, AttributeValues.OfOwnText(text));

    public ItemUpdate Set(string name, DateTimeOffset time) => Set(name, RowTime.Format(time));

    public ItemUpdate Set(string name, long number) => Set(name, AttributeValues.OfNumber(number));

    public ItemUpdate Set(string name, bool value) => Set(name, new AttributeValue { BOOL = value });

    public ItemUpdate SetIfGiven(string name, string? text) => text is null ? this : Set(name, text);

    public ItemUpdate Set(string name, AttributeValue value)
    {
        _sets.Add($"{Name(name)} = {Value(value)}");
        return this;
    }

    /// <summary>Sets an attribute back to what was seen, or removes it where nothing was.</summary>
    public ItemUpdate Restore(string name, RowValue? seen) => seen is { } value ? Set(name, AttributeValues.FromRowValue(name, value)) : Remove(name);

    public ItemUpdate Remove(string name)
    {
        _removes.Add(Name(name));
        return this;
    }

    /// <summary>Raises the version: from what was read where that is given, else from what is stored, which then has to be a number or missing.</summary>
    public ItemUpdate RaiseVersion(RowValue? read)
    {
        if (read is { } version)
        {
            Where(JobAttributes.Version, version);
            return Set(JobAttributes.Version, RowVersion.After(version));
        }

        var name = Name(JobAttributes.Version);
        _sets.Add($"{name} = if_not_exists({name}, {Value(AttributeValues.OfNumber(0))}) + {Value(AttributeValues.OfNumber(1))}");
        return this;
    }

    /// <summary>The row has to hold exactly this value; null: none at all.</summary>
    public ItemUpdate Where(string name, RowValue? value)
    {
        _conditions.Add(
            value is { } present ? $"{Name(name)} = {Value(AttributeValues.FromRowValue(name, present))}" : $"attribute_not_exists({Name(name)})");
        return this;
    }

    public ItemUpdate WhereNot(string name, string text)
    {
        _conditions.Add($"{Name(name)} <> {Value(AttributeValues.OfOwnText(text))}");
        return this;
    }

    /// <summary>The row has to be held by this claim.</summary>
    public ItemUpdate WhereHeld(Claim claim, string status = JobStatuses.Processing) =>
        Where(JobAttributes.WorkerId, RowValue.OfText(claim.WorkerId))
            .Where(JobAttributes.ClaimId, RowValue.OfText(claim.ClaimId))
            .Where(JobAttributes.Status, RowValue.OfText(status));

    public UpdateItemRequest ToRequest(string table, ReturnValue answer) => new()
    {
        TableName = table,
        Key = new Dictionary<string, AttributeValue> { [JobAttributes.JobId] = new() { S = _jobId } },
        UpdateExpression = $"SET {string.Join(", ", _sets)}{(_removes.Count > 0 ? $" REMOVE {string.Join(", ", _removes)}" : "")}",
        ConditionExpression = string.Join(" AND ", _conditions),
        ExpressionAttributeNames = _names,
        ExpressionAttributeValues = _values,
        ReturnValues = answer,
        ReturnValuesOnConditionCheckFailure = ReturnValuesOnConditionCheckFailure.ALL_OLD,
    };

    private string Name(string name)
    {
        foreach (var (known, attribute) in _names)
        {
            if (attribute == name)
            {
                return known;
            }
        }

        var placeholder = string.Create(CultureInfo.InvariantCulture, $"#n{_names.Count}");
        _names.Add(placeholder, name);
        return placeholder;
    }

    private string Value(AttributeValue value)
    {
        var placeholder = string.Create(CultureInfo.InvariantCulture, $":v{_values.Count}");
        _values.Add(placeholder, value);
        return placeholder;
    }
}
